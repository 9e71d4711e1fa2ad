"""How many statements a purchase takes, with what the apps above orders do about it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import AdminFactory, UserFactory
from catalog.tests.factories import VariantFactory
from orders.models import Order
from orders.tests.factories import ADDRESS

pytestmark = pytest.mark.django_db
ROOT = "/api/v1"


def key(name):
    return {"Idempotency-Key": name}


def statements(asked):
    """Without transactions' own commands, and without reading the caller's session, once a request."""
    apart = ("SAVEPOINT", "RELEASE")
    every = [query["sql"] for query in asked if not query["sql"].startswith(apart)]
    return [sql for sql in every if '"accounts_session"' not in sql]


def test_from_an_empty_cart_to_a_settled_order(as_user, record_property):
    """Cart, line, quote and placement take at most forty; opening and settling a manual payment as many again."""
    buyer, admin, variant = as_user(UserFactory()), as_user(AdminFactory()), VariantFactory()
    with CaptureQueriesContext(connection) as buying:
        assert buyer.get(f"{ROOT}/cart").status_code == 200
        line = {"variant": str(variant.pk), "quantity": 1}
        assert buyer.post(f"{ROOT}/cart/items", line).status_code == 201
        body = {"shipping_address": ADDRESS}
        body["expected_total"] = buyer.post(f"{ROOT}/cart/quote", body).json()["total"]
        order = buyer.post(f"{ROOT}/orders/place", body, headers=key("place")).json()
    with CaptureQueriesContext(connection) as paying:
        payment = {"order": order["id"], "provider": "manual", "method": "bank_transfer"}
        opened = buyer.post(f"{ROOT}/payments", payment, headers=key("pay")).json()
        settled = admin.post(f"{ROOT}/payments/{opened['id']}/settle", headers=key("settle"))
    assert (settled.status_code, Order.objects.get().status) == (200, "paid")
    record_property("statements", f"{len(statements(buying))} to buy, {len(statements(paying))} to pay")
    assert len(statements(buying)) <= 40
