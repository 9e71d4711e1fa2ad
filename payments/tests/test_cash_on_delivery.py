"""Goods that were sent before they were paid, and come back."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from orders import services as orders
from orders.models import Order, Return
from orders.tests.factories import place_order_for
from orders.tests.looks import fresh, stock, usd
from payments.models import Payment, Refund
from payments.tests.factories import check_books, pay

pytestmark = pytest.mark.django_db
STEPS = (orders.accept_part, orders.ship_part, orders.deliver_part)


@pytest.fixture
def admin(as_user: Any) -> Any:
    return as_user(AdminFactory())


@pytest.fixture
def order(buyer: Any, client: Any, variant: Any) -> Order:
    """Three of ten units at 10.00 USD, to be paid on delivery."""
    order = place_order_for(buyer, variant, quantity=3)
    assert pay(client, order, method="cash_on_delivery").status_code == 201
    return order


def advance(order: Order, steps: int = 3) -> Order:
    for step in STEPS[:steps]:
        step(part_id=order.parts.get().pk, by=None)
    return fresh(order)


def send_back(order: Order, quantity: int) -> Return:
    goods = {order.items.get().pk: quantity}
    returned = orders.request_return(order_id=order.pk, quantities=goods, reason="No", by=None)
    return orders.approve_return(return_id=returned.pk, by=None)


def settle(admin: Any) -> Any:
    return admin.post(f"/api/v1/payments/{Payment.objects.get().pk}/settle")


def test_a_return_is_received_once_the_goods_are_paid(
    as_user: Any, admin: Any, order: Order, variant: Any, run_jobs: Any
) -> None:
    """Received before, it would give nothing back, and the settling take the full price."""
    returned = send_back(advance(order), 2)
    seller, path = as_user(order.parts.get().seller.user), f"/api/v1/returns/{returned.pk}"
    assert seller.get(path).json()["allowed"] == ["reject", "cancel"]

    refused = seller.post(f"{path}/receive")

    assert (refused.status_code, refused.json()["code"]) == (409, "order_unpaid")
    assert (fresh(returned).status, stock(variant)) == ("approved", (7, 0))
    assert settle(admin).status_code == 200
    assert seller.get(path).json()["allowed"] == ["reject", "receive", "cancel"]
    body = seller.post(f"{path}/receive").json()
    run_jobs()
    assert (body["status"], body["refund"], stock(variant)) == ("received", usd(2000), (9, 0))
    assert [(refund.reason, refund.amount) for refund in Refund.objects.all()] == [("returned", 2000)]
    assert (fresh(order).status, fresh(order).refund_status) == ("delivered", "partial")
    check_books()
