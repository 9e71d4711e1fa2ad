"""What countries ask of an address."""

import pytest

from accounts.countries import COUNTRIES
from accounts.models import Address
from accounts.postal import has_codes, normalised, rules_of
from accounts.serializers.addresses import AddressSerializer
from accounts.tests.answers import ROOT, errors_of
from accounts.tests.factories import UserFactory

BOOK = f"{ROOT}/me/addresses"
BASE = {"name": "Ada", "line1": "1 High St", "city": "Town"}


def judged(country, postal_code=None, region=None):
    serializer = AddressSerializer(data=BASE | of(country, postal_code, region))
    if serializer.is_valid():
        return serializer.validated_data["region"], serializer.validated_data["postal_code"]
    return {(name, error.code) for name, errors in serializer.errors.items() for error in errors}


def of(country, postal_code, region):
    given = {"country": country, "postal_code": postal_code, "region": region}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("address", "stored"),
    [
        (("DE", "10178"), ("", "10178")),
        (("DE", "10178", "Berlin"), ("Berlin", "10178")),
        (("GB", "sw1y 4jh", "Greater London"), ("Greater London", "SW1Y 4JH")),
        (("NL", "1011 ab"), ("", "1011 AB")),
        (("US", "94103", "California"), ("CA", "94103")),
        (("US", "94103-1234", "ca"), ("CA", "94103-1234")),
        (("CA", "k1a 0b1", "ontario"), ("ON", "K1A 0B1")),
        (("AU", "2000", "New South Wales"), ("NSW", "2000")),
        (("BR", "01310-100", "São Paulo"), ("SP", "01310-100")),
        (("JP", "100-0001", "Tokyo"), ("Tokyo", "100-0001")),
        (("CN", "100000", "Beijing"), ("Beijing", "100000")),
        (("IE", "D02 AF30"), ("", "D02 AF30")),
        (("IE",), ("", "")),
        (("HK", None, "Kowloon"), ("Kowloon", "")),
        (("HK",), ("", "")),
        (("AE",), ("", "")),
        (("AE", "00000"), ("", "00000")),
    ],
)
def test_right_addresses_in_their_proper_form(address, stored):
    assert judged(*address) == stored


@pytest.mark.parametrize(
    ("address", "errors"),
    [
        (("DE", "1017"), {("postal_code", "invalid_postal_code")}),
        (("DE", "SW1Y 4JH"), {("postal_code", "invalid_postal_code")}),
        (("DE",), {("postal_code", "required")}),
        (("DE", ""), {("postal_code", "blank")}),
        (("GB", "10178"), {("postal_code", "invalid_postal_code")}),
        (("US", "94103", "NY"), {("postal_code", "invalid_postal_code")}),
        (("US", "94103", "Bavaria"), {("region", "invalid_region")}),
        (("US", "94103"), {("region", "required")}),
        (("US", "x", "Bavaria"), {("region", "invalid_region"), ("postal_code", "invalid_postal_code")}),
        (("US", None, "CA"), {("postal_code", "required")}),
    ],
)
def test_wrong_addresses(address, errors):
    assert judged(*address) == errors


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_country_has_rules_and_takes_its_own_examples(country):
    rules = rules_of(country)
    for example in rules.postal_code_examples[:3]:
        _, refusals = normalised({"country": country, "postal_code": example, "region": ""}, is_whole=False)
        assert refusals == {}, example


def test_what_is_not_whole_is_judged_as_far_as_it_goes():
    for given in ({"country": "US"}, {"country": "US", "region": "CA"}, {"country": "DE", "postal_code": ""}):
        assert normalised(given, is_whole=False)[1] == {}
    assert set(normalised({"country": "DE", "postal_code": "x"}, is_whole=False)[1]) == {"postal_code"}


def test_the_countries_whose_regions_have_codes():
    assert {country for country in COUNTRIES if has_codes(country)} == {
        "AU",
        "BR",
        "CA",
        "ES",
        "IT",
        "SO",
        "US",
    }


@pytest.mark.django_db
def test_the_address_book_judges_a_change_together_with_the_rest(as_user):
    client = as_user(UserFactory())
    new = BASE | {"country": "US", "postal_code": "94103", "region": "california"}
    made = client.post(BOOK, new).json()
    assert (made["region"], Address.objects.get().region) == ("CA", "CA")
    url, before = f"{BOOK}/{made['id']}", Address.objects.values().get()
    for change, error in (
        ({"country": "GB"}, ("/postal_code", "invalid_postal_code")),
        ({"region": "NY"}, ("/postal_code", "invalid_postal_code")),
        ({"region": ""}, ("/region", "required")),
        ({"postal_code": ""}, ("/postal_code", "blank")),
        ({"city": ""}, ("/city", "blank")),
    ):
        assert errors_of(client.patch(url, change)) == {error}
    assert Address.objects.values().get() == before
    assert client.patch(url, {"city": "San Francisco"}).status_code == 200
    moved = client.patch(url, {"country": "HK", "postal_code": "", "region": ""})
    assert (moved.status_code, moved.json()["postal_code"]) == (200, "")
