"""A unit's price goes back once: by a refund, a return or a removal."""

from collections import Counter
from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from catalog.tests.factories import VariantFactory
from catalog.tests.races import at_once
from orders import services as orders
from orders.models import Order, OrderItem
from orders.tests.factories import CouponFactory, actor_of, place_order_for, put_in_cart
from orders.tests.looks import fresh, usd
from payments.integrity import verify
from payments.intents import RefundAnswer
from payments.models import Payment, Refund, RefundItem
from payments.services import apply_refund, refund_part, settle_payment
from payments.services.refunds import left_of_part
from payments.tests.factories import PaymentFactory, check_books, pay, place
from payments.tests.test_refund_api import give_back
from payments.tests.test_refunds_of_goods import give_back as send_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(as_user: Any) -> Any:
    return as_user(AdminFactory())


@pytest.fixture
def order(buyer: Any, variant: Any) -> Order:
    """Three units at 10.00 USD, 1.00 USD less together: 29.00 USD, paid by transfer."""
    return paid(buyer, variant)


def paid(buyer: Any, variant: Any) -> Order:
    put_in_cart(actor_of(buyer), variant, 3)
    CouponFactory(kind="fixed", percent=None, amount=100, currency="USD", is_automatic=True)
    order = place_order_for(buyer)
    payment = PaymentFactory(order=order, provider="manual", method="bank_transfer")
    settle_payment(payment_id=payment.pk, by=None)
    return fresh(order)


def by_items(client: Any, order: Order, quantity: int = 1) -> Any:
    return give_back(client, order, items=[{"id": str(order.items.get().pk), "quantity": quantity}])


def amounts() -> list[int]:
    return list(Refund.objects.order_by("pk").values_list("amount", flat=True))


def test_a_unit_is_refunded_once_and_each_cent_of_the_line(admin: Any, order: Order, run_jobs: Any) -> None:
    item = order.items.get()
    assert [by_items(admin, order).status_code for _ in range(3)] == [201, 201, 201]

    again = by_items(admin, order)

    assert (amounts(), order.total_amount) == ([966, 967, 967], 2900)
    assert (again.status_code, again.json()["code"]) == (409, "not_refundable")
    assert again.json()["lines"] == [{"id": str(item.pk), "requested": 1, "refundable": 0}]
    assert list(RefundItem.objects.values_list("item", "quantity")) == [(item.pk, 1)] * 3
    run_jobs()
    assert (fresh(item).refunded_quantity, fresh(order).refund_status) == (3, "full")
    check_books()


def test_more_than_is_left_is_a_conflict_and_more_than_was_ordered_nonsense(admin: Any, order: Order) -> None:
    by_items(admin, order, 2)
    version = fresh(order).version

    left, ordered = by_items(admin, order, 2), by_items(admin, order, 4)

    assert (left.status_code, left.json()["lines"][0]["refundable"]) == (409, 1)
    assert (ordered.status_code, ordered.json()["errors"][0]["code"]) == (400, "too_many")
    assert (amounts(), OrderItem.objects.get().refunded_quantity) == ([1933], 2)
    assert fresh(order).version == version > order.version


def test_what_was_refunded_is_not_sent_back_for_its_price_again(
    admin: Any, as_user: Any, order: Order, run_jobs: Any
) -> None:
    for step in (orders.accept_part, orders.ship_part, orders.deliver_part):
        step(part_id=order.parts.get().pk, by=None)
    by_items(admin, order)
    goods = [{"id": str(order.items.get().pk), "quantity": 3}]
    path = f"/api/v1/orders/{order.pk}/returns"

    refused = as_user(order.user).post(path, {"items": goods, "reason": "No"})

    assert (refused.status_code, refused.json()["code"]) == (409, "not_returnable")
    assert refused.json()["lines"] == [{"id": goods[0]["id"], "requested": 3, "returnable": 2}]
    assert send_back(order, 2).refund_amount == 1934
    run_jobs()
    assert (amounts(), fresh(order).refund_status) == ([966, 1934], "full")
    check_books()


def test_what_is_on_its_way_back_is_not_refunded_besides(admin: Any, order: Order) -> None:
    for step in (orders.accept_part, orders.ship_part, orders.deliver_part):
        step(part_id=order.parts.get().pk, by=None)
    goods = {order.items.get().pk: 2}
    returned = orders.request_return(order_id=order.pk, quantities=goods, reason="No", by=None)
    assert by_items(admin, order, 2).json()["lines"][0]["refundable"] == 1

    orders.reject_return(return_id=returned.pk, by=None, reason="Worn")

    assert by_items(admin, order, 3).status_code == 201
    assert amounts() == [2900]


def test_what_was_refunded_costs_nothing_more_when_it_is_removed(admin: Any, order: Order) -> None:
    """Two are refunded, of which the seller takes one out: one is left to pay for, and to send."""
    by_items(admin, order, 2)
    part, item = order.parts.get(), order.items.get()
    orders.remove_items(part_id=part.pk, by=None, quantities={item.pk: 2}, reason="Broken")
    left = by_items(admin, order).json()["lines"][0]["refundable"]
    assert (amounts(), left, fresh(item).remaining) == ([1933, 967], 0, 1)
    check_books()


def test_a_refund_that_fails_gives_its_units_back(admin: Any, order: Order) -> None:
    refund = by_items(admin, order, 3).json()

    apply_refund(refund_id=int(refund["id"]), answer=RefundAnswer(id="", status="failed"))

    failed, again = Refund.objects.get(), by_items(admin, order, 3)
    assert (failed.status, failed.quantities) == ("failed", {order.items.get().pk: 3})
    assert (again.status_code, OrderItem.objects.get().refunded_quantity) == (201, 3)
    apply_refund(refund_id=failed.pk, answer=RefundAnswer(id="", status="failed"))
    assert OrderItem.objects.get().refunded_quantity == 3
    check_books()


def test_verify_holds_the_units_against_the_refunds(admin: Any, order: Order) -> None:
    by_items(admin, order)
    check_books()
    OrderItem.objects.update(refunded_quantity=2)
    assert [finding["kind"] for finding in verify()] == ["refunded_units"]


def test_items_of_several_sellers_are_each_sellers_own_loss(
    admin: Any, buyer: Any, client: Any, standin: Any
) -> None:
    """Taken of all in proportion, it would be a third seller's, too, whose goods could then not be paid back."""
    order = place(buyer, *(VariantFactory(price_amount=price) for price in (1000, 9000, 9000)))
    pay(client, order, payment_method="pm_card_visa")
    first, second, third = order.items.all()
    goods = [{"id": str(item.pk), "quantity": 1} for item in (second, first)]

    answer = give_back(admin, order, items=goods).json()

    left = [left_of_part(item.part) for item in (first, second, third)]
    assert (answer["amount"]["amount"], answer["part"], left) == (10000, None, [0, 0, 9000])
    assert (
        give_back(admin, order, items=[{"id": str(third.pk), "quantity": 1}]).json()["amount"]["amount"]
        == 9000
    )
    check_books()


def test_a_part_gives_no_more_than_its_own(admin: Any, buyer: Any, client: Any, standin: Any) -> None:
    order = place(buyer, VariantFactory(price_amount=1000), VariantFactory(price_amount=9000))
    pay(client, order, payment_method="pm_card_visa")
    first, second = order.items.all()
    refund_part(part=first.part, amount=400, reason=Refund.Reason.REQUESTED)
    goods = [{"id": str(item.pk), "quantity": 1} for item in (first, second)]

    refused = give_back(admin, order, items=goods)

    assert (refused.status_code, refused.json()["code"]) == (409, "refund_too_large")
    assert (refused.json()["part"], refused.json()["left"]) == (str(first.part_id), usd(600))
    assert (amounts(), fresh(first).refunded_quantity) == ([400], 0)


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_refund_a_unit_once(as_user: Any, buyer: Any, variant: Any) -> None:
    order, boss = paid(buyer, variant), AdminFactory()
    clients = [as_user(boss) for _ in range(50)]

    answers = at_once([lambda client=client: by_items(client, order, 3) for client in clients])

    codes = Counter(answer.json().get("code", answer.status_code) for answer in answers)
    assert codes == {201: 1, "not_refundable": 49}
    assert (Refund.objects.get().amount, Payment.objects.get().refund_amount) == (2900, 2900)
    check_books()
