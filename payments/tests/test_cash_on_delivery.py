"""Goods that were sent before they were paid, and come back."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from catalog.models import StockMovement
from catalog.tests.races import at_once
from orders import services as orders
from orders.models import Order, OrderPart, Return
from orders.tests.factories import place_order_for
from orders.tests.looks import fresh, stock, usd
from orders.verification import verify_orders
from payments.models import Payment, Refund
from payments.tests.factories import check_books, pay

pytestmark = pytest.mark.django_db
STEPS = (orders.accept_part, orders.ship_part, orders.deliver_part)
WHY = {"reason": "Refused at the door"}


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


def seller_path(part: OrderPart) -> str:
    return f"/api/v1/orders/seller/{part.pk}"


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


@pytest.mark.parametrize("steps", [2, 3])
def test_staff_cancel_what_was_refused_at_the_door(
    as_user: Any, admin: Any, order: Order, run_jobs: Any, steps: int
) -> None:
    """Shipped or delivered, and not paid: the goods are back where they were, and nobody owes anything."""
    advance(order, steps)
    path, part = f"/api/v1/orders/{order.pk}/cancel", order.parts.get()
    for other in (
        as_user(order.user).post(path),
        as_user(part.seller.user).post(f"{seller_path(part)}/cancel", WHY),
    ):
        assert (other.status_code, other.json()["code"]) == (409, "invalid_transition")
    assert stock(order.items.get().variant) == (7, 0)

    answer = admin.post(path, WHY)
    run_jobs()

    assert (answer.status_code, answer.json()["status"], answer.json()["parts"][0]["status"]) == (
        200,
        "cancelled",
        "cancelled",
    )
    assert (Payment.objects.get().status, Refund.objects.count()) == ("cancelled", 0)
    assert (stock(order.items.get().variant), fresh(order).stock) == ((10, 0), "released")
    places = StockMovement.objects.filter(kind__in=["sold", "returned"]).values_list("level", flat=True)
    assert len(set(places)) == 1
    events = order.events.filter(status="cancelled").order_by("pk")
    assert [(event.part_id, event.by, event.data) for event in events] == [
        (part.pk, "admin", WHY),
        (None, "admin", WHY),
    ]
    assert list(verify_orders()) == []
    check_books()
    again, late = admin.post(path, WHY), settle(admin)
    assert [(one.status_code, one.json()["code"]) for one in (again, late)] == [
        (409, "invalid_transition")
    ] * 2


def test_a_return_under_way_ends_with_the_order(admin: Any, order: Order, variant: Any) -> None:
    returned = send_back(advance(order), 2)
    assert admin.post(f"/api/v1/orders/{order.pk}/cancel").status_code == 200
    assert (fresh(returned).status, fresh(returned).allowed) == ("cancelled", [])
    assert (fresh(order.items.get()).returned_quantity, stock(variant)) == (0, (10, 0))
    assert list(verify_orders()) == []


def test_what_is_paid_and_shipped_is_not_cancelled(admin: Any, order: Order) -> None:
    advance(order)
    settle(admin)
    answer = admin.post(f"/api/v1/orders/{order.pk}/cancel")
    assert (answer.status_code, answer.json()["code"], fresh(order).status) == (
        409,
        "invalid_transition",
        "delivered",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(3))
def test_a_settling_against_a_cancellation(
    as_user: Any, order: Order, variant: Any, run_jobs: Any, round_: int
) -> None:
    """Exactly one wins, and the other is told so."""
    advance(order, 2)
    first, second = as_user(boss := AdminFactory()), as_user(boss)

    answers = at_once([lambda: settle(first), lambda: second.post(f"/api/v1/orders/{order.pk}/cancel")])
    run_jobs()

    outcome = ([answer.status_code for answer in answers], fresh(order).status, Payment.objects.get().status)
    won = {"settle": ([200, 409], "shipped", "succeeded"), "cancel": ([409, 200], "cancelled", "cancelled")}
    assert outcome in won.values()
    assert stock(variant) == ((7, 0) if outcome == won["settle"] else (10, 0))
    assert list(verify_orders()) == []
    check_books()
