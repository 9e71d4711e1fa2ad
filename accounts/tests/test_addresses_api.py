"""`/me/addresses`."""

import pytest

from accounts.models import Address
from accounts.tests.answers import ROOT, code_of, errors_of
from accounts.tests.factories import AddressFactory, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}
WHOLE = ADDRESS | {"line2": "Flat 2", "region": "Greater London", "phone": "+44 20 7946 0000"}


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com", name="Ada")


# --- Addresses --------------------------------------------------------------------------------------------


def test_an_address_book(as_user, user):
    client = as_user(user)
    made = client.post(f"{ROOT}/me/addresses", WHOLE)
    assert made.status_code == 201
    row = Address.objects.get()
    created_at = row.created_at.isoformat().replace("+00:00", "Z")
    assert made.json() == WHOLE | {"id": str(row.pk), "created_at": created_at}
    assert row.user == user
    url = f"{ROOT}/me/addresses/{row.pk}"
    assert client.get(url).json() == made.json()
    assert client.get(f"{ROOT}/me/addresses").json() == {
        "results": [made.json()],
        "next": None,
        "previous": None,
    }
    moved = {"line2": "", "country": "FR", "postal_code": "75001"}
    assert client.patch(url, moved).json() == made.json() | moved
    assert client.put(url, WHOLE).status_code == 405
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert Address.objects.count() == 0


def test_what_is_optional_is_empty(as_user, user):
    body = as_user(user).post(f"{ROOT}/me/addresses", ADDRESS).json()
    assert (body["line2"], body["region"], body["phone"]) == ("", "", "")


def test_a_change_keeps_what_it_does_not_name(as_user, user):
    client = as_user(user)
    made = client.post(f"{ROOT}/me/addresses", WHOLE).json()
    assert client.patch(f"{ROOT}/me/addresses/{made['id']}", {"city": "Paris"}).json() == made | {
        "city": "Paris"
    }


@pytest.mark.parametrize("field", sorted(ADDRESS))
def test_an_address_needs(as_user, user, field):
    body = {name: value for name, value in ADDRESS.items() if name != field}
    client = as_user(user)
    assert errors_of(client.post(f"{ROOT}/me/addresses", body)) == {(f"/{field}", "required")}
    assert (f"/{field}", "blank") in errors_of(client.post(f"{ROOT}/me/addresses", ADDRESS | {field: ""}))
    assert Address.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"country": "XX"}, ("/country", "country")),
        ({"country": "gb"}, ("/country", "country")),
        ({"country": "GBR"}, ("/country", "country")),
        ({"country": 44}, ("/country", "wrong_type")),
        ({"line2": None}, ("/line2", "null")),
        ({"phone": 123}, ("/phone", "wrong_type")),
        ({"postal_code": 10115}, ("/postal_code", "wrong_type")),
        ({"postal_code": "x" * 21}, ("/postal_code", "max_length")),
        ({"city": "Lon\ndon"}, ("/city", "control_character")),
        ({"user": "1"}, ("/user", "unknown_field")),
    ],
)
def test_a_bad_address_is_refused(as_user, user, change, error):
    assert error in errors_of(as_user(user).post(f"{ROOT}/me/addresses", ADDRESS | change))
    assert Address.objects.count() == 0


def test_anothers_address_is_not_there(as_user, user):
    theirs = AddressFactory()
    before = Address.objects.values().get()
    for client in (as_user(user), as_user(AdminFactory())):
        url = f"{ROOT}/me/addresses/{theirs.pk}"
        for answer in (client.get(url), client.patch(url, {"city": "X"}), client.delete(url)):
            assert code_of(answer) == (404, "not_found")
        assert client.get(f"{ROOT}/me/addresses").json()["results"] == []
    assert Address.objects.values().get() == before


@pytest.mark.parametrize("id", ["0", "999999999999999999", "9" * 40, "x", "-1", "1.0", "%00", "٣"])
def test_no_such_address(as_user, user, id):
    assert as_user(user).get(f"{ROOT}/me/addresses/{id}").status_code == 404


def test_a_list_takes_known_parameters_alone(as_user, user):
    AddressFactory.create_batch(3, user=user)
    client, url = as_user(user), f"{ROOT}/me/addresses"
    first = client.get(f"{url}?limit=2&count=true").json()
    assert (len(first["results"]), first["count"], first["count_capped"]) == (2, 3, False)
    assert len(client.get(first["next"]).json()["results"]) == 1
    assert client.get(f"{url}?fields=city").json()["results"] == [{"city": "London"}] * 3
    for query in ("country=GB", "sort=name", "limit=0", "limit=x", "cursor=x", "fields=user"):
        assert client.get(f"{url}?{query}").status_code == 400


def test_a_repeated_key_adds_one_address(as_user, user):
    client = as_user(user)
    answers = [
        client.post(f"{ROOT}/me/addresses", ADDRESS, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert Address.objects.count() == 1
