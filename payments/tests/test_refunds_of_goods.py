"""Goods that come back or cannot be sent: their price goes back, and never more than the part's share."""

from typing import Any

import pytest

from orders import services as orders
from orders.models import Document, Order, OrderItem, Return
from orders.tests.factories import place_order_for
from orders.tests.looks import usd
from payments.integrity import verify
from payments.intents import RefundAnswer
from payments.models import Payment, Refund
from payments.services import apply_refund, ask_refund, refund_part, settle_payment
from payments.tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(buyer: Any, variant: Any) -> Order:
    """Three units at 10.00 USD, paid by transfer."""
    order = place_order_for(buyer, variant, quantity=3)
    payment = PaymentFactory(order=order, provider="manual", method="bank_transfer")
    settle_payment(payment_id=payment.pk, by=None)
    return Order.objects.get(pk=order.pk)


@pytest.fixture
def delivered(order: Order) -> Order:
    for step in (orders.accept_part, orders.ship_part, orders.deliver_part):
        step(part_id=order.parts.get().pk, by=None)
    return order


def give_back(order: Order, quantity: int) -> Return:
    goods = {order.items.get().pk: quantity}
    returned = orders.request_return(order_id=order.pk, quantities=goods, reason="No", by=None)
    orders.approve_return(return_id=returned.pk, by=None)
    return orders.receive_return(return_id=returned.pk, by=None)


def refunds() -> list[tuple[str, int]]:
    return list(Refund.objects.order_by("pk").values_list("reason", "amount"))


def test_what_was_removed_is_refunded_and_the_rest_when_the_order_is_cancelled(
    order: Order, run_jobs: Any
) -> None:
    goods = {order.items.get().pk: 1}
    orders.remove_items(part_id=order.parts.get().pk, by=None, quantities=goods, reason="Broken")
    assert refunds() == [("items_removed", 1000)]
    orders.cancel_order(order_id=order.pk, by=None)
    assert refunds() == [("items_removed", 1000), ("order_cancelled", 2000)]
    run_jobs()
    assert (Payment.objects.get().status, Order.objects.get().refund_status) == ("refunded", "full")
    assert list(verify()) == []


def test_each_return_is_refunded_once(delivered: Order, run_jobs: Any) -> None:
    give_back(delivered, 1)
    give_back(delivered, 2)
    assert refunds() == [("returned", 1000), ("returned", 2000)]
    run_jobs()
    assert (Order.objects.get().status, Order.objects.get().refund_status) == ("delivered", "full")
    notes = Document.objects.filter(kind=Document.Kind.CREDIT_NOTE).order_by("sequence")
    assert [(note.number, note.amount) for note in notes] == [("CN-000001", 1000), ("CN-000002", 2000)]
    assert list(verify()) == []


def test_a_return_after_a_refund_by_hand_gives_no_more_than_is_left_and_tells_that(delivered: Order) -> None:
    refund_part(part=delivered.parts.get(), amount=1500, reason=Refund.Reason.REQUESTED)
    told = [give_back(delivered, units).refund_amount for units in (1, 1, 1)]
    assert refunds() == [("requested", 1500), ("returned", 1000), ("returned", 500)]
    assert (told, list(verify())) == ([1000, 500, 0], [])
    assert [returned.refund_amount for returned in Return.objects.order_by("pk")] == told


def test_a_removal_after_a_refund_by_hand_tells_what_goes_back(order: Order) -> None:
    refund_part(part=order.parts.get(), amount=2500, reason=Refund.Reason.REQUESTED)
    goods = {order.items.get().pk: 2}
    orders.remove_items(part_id=order.parts.get().pk, by=None, quantities=goods, reason="Broken")
    assert refunds() == [("requested", 2500), ("items_removed", 500)]
    assert order.events.get(type="order.items_removed").data["refund"] == usd(500)


def test_verify_finds_a_return_that_tells_of_money_nobody_claimed(delivered: Order) -> None:
    give_back(delivered, 1)
    part = delivered.parts.get().pk
    assert list(verify()) == []

    Return.objects.update(refund_amount=1001)

    found = [(finding["kind"], finding["part"]) for finding in verify()]
    assert found == [("return_not_refunded", part)]


def test_what_the_bank_returned_was_claimed_all_the_same(delivered: Order) -> None:
    give_back(delivered, 1)
    refund = Refund.objects.get()
    apply_refund(refund_id=refund.pk, answer=RefundAnswer(id="", status="failed"))
    assert (Return.objects.get().refund_amount, list(verify())) == (1000, [])


@pytest.fixture
def ask(order: Order) -> Any:
    """Requests units of the order's line, which now is 29.99 USD: three units do not share that evenly."""
    OrderItem.objects.update(discount_amount=1, total_amount=2999)
    item = order.items.get().pk

    def asked(quantity: int) -> Refund:
        return ask_refund(
            order_id=order.pk, seller_id=None, amount=None, items={item: quantity}, reason="No", begin=id
        )

    return asked


def test_units_that_are_requested_one_by_one_have_the_price_of_their_line(ask: Any) -> None:
    assert [ask(1).amount for _ in range(3)] == [999, 1000, 1000]


def test_units_of_a_request_that_failed_can_be_requested_again(ask: Any) -> None:
    assert ask(2).amount == 1999
    answer = RefundAnswer(id="", status="failed", failure_code="expired")
    apply_refund(refund_id=Refund.objects.get().pk, answer=answer)
    assert [ask(1).amount, ask(2).amount] == [999, 2000]


def test_what_was_removed_is_not_requested_at_its_price_again(order: Order, ask: Any) -> None:
    goods = {order.items.get().pk: 1}
    orders.remove_items(part_id=order.parts.get().pk, by=None, quantities=goods, reason="Broken")
    assert refunds() == [("items_removed", 999)]
    assert ask(2).amount == 2000
