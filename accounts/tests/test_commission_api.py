"""`PATCH /admin/sellers/{id}`: what a shop pays the market."""

from decimal import Decimal

import pytest

from accounts.models import SecurityEvent, Seller
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory, enrolled, key_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return SellerFactory()


def url_of(shop):
    return f"{ROOT}/admin/sellers/{shop.pk}"


def test_an_administrator_sets_the_rate(as_user, shop):
    boss = AdminFactory()
    answer = as_user(boss).patch(url_of(shop), {"commission_rate": "0.125"})
    assert (answer.status_code, answer.json()["commission_rate"]) == (200, "0.125")
    row = Seller.objects.get()
    assert (row.commission_rate, row.version) == (Decimal("0.125"), shop.version)
    line = SecurityEvent.objects.get()
    assert (line.kind, line.user, line.by) == ("commission_changed", shop.user, boss)
    assert Decimal(line.details["before"]) == Decimal("0.1")
    assert (
        as_user(boss).patch(f"{ROOT}/admin/sellers/{shop.slug}", {"commission_rate": "0.125"}).status_code
        == 200
    )
    assert SecurityEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("/commission_rate", "required")),
        ({"commission_rate": 0.1}, ("/commission_rate", "invalid")),
        ({"commission_rate": "1.1"}, ("/commission_rate", "invalid")),
        ({"commission_rate": "-0.1"}, ("/commission_rate", "invalid")),
        ({"commission_rate": "NaN"}, ("/commission_rate", "invalid")),
        ({"commission_rate": "0.1234567"}, ("/commission_rate", "invalid")),
        ({"commission_rate": "0.1", "status": "active"}, ("/status", "unknown_field")),
        ({"commission_rate": "0.1", "name": "X"}, ("/name", "unknown_field")),
    ],
)
def test_bad_input(as_user, shop, body, error):
    before = Seller.objects.values().get()
    assert error in errors_of(as_user(AdminFactory()).patch(url_of(shop), body))
    assert Seller.objects.values().get() == before


def test_nobody_else_sets_it(api, as_user, shop):
    before, body = Seller.objects.values().get(), {"commission_rate": "0"}
    assert challenge(api.patch(url_of(shop), body), "not_authenticated")
    for user in (shop.user, UserFactory(), UserFactory(is_staff=True)):
        assert code_of(as_user(user).patch(url_of(shop), body)) == (403, "permission_denied")
    boss = AdminFactory()
    key = key_for(boss, "accounts:write")
    assert code_of(bearer(key).patch(url_of(shop), body)) == (403, "person_required")
    enrolled(boss)
    assert code_of(as_user(boss).patch(url_of(shop), body)) == (403, "step_up_required")
    assert Seller.objects.values().get() == before
