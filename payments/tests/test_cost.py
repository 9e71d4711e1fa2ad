"""What an order costs in statements and round trips: they are counted, for a clock tells little on a shared machine."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.tests.factories import VariantFactory
from config.shared.postgres.wire import Wire
from orders.tests.factories import ADDRESS

PLACE = "?country=GB&postal_code=N1%209GU"


def walk(api: APIClient, variant: str, key: str) -> None:
    """A guest's cart, ways of shipping, quote, order and manual payment."""
    line = api.post("/api/v1/cart/items", {"variant": variant, "quantity": 1})
    cart = {"Cart-Token": line.headers["Cart-Token"]}
    assert api.get(f"/api/v1/cart/shipping-options{PLACE}", headers=cart).status_code == 200
    quote = api.post("/api/v1/cart/quote", {"shipping_address": ADDRESS}, headers=cart).json()
    body = {"shipping_address": ADDRESS, "email": f"{key}@example.com", "expected_total": quote["total"]}
    order = api.post("/api/v1/orders/place", body, headers=cart | {"Idempotency-Key": key}).json()
    asked = {"order": order["id"], "provider": "manual", "method": "bank_transfer"}
    headers = {"Order-Token": order["access_token"], "Idempotency-Key": key}
    assert api.post("/api/v1/payments", asked, headers=headers).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_an_order_is_32_statements_in_20_round_trips(
    monkeypatch: Any, django_assert_num_queries: Any
) -> None:
    api, variant, trips = APIClient(), str(VariantFactory(stock=50).pk), []
    walk(api, variant, "first")  # reads the rules of shipping and tax, which are kept
    run = Wire.run
    monkeypatch.setattr(Wire, "run", lambda wire, sent: trips.append(len(sent)) or run(wire, sent))
    with django_assert_num_queries(32):  # BEGIN and COMMIT among them
        walk(api, variant, "second")
    assert (sum(trips), len(trips)) == (32, 20)
