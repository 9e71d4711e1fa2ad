"""Currencies whose amounts Stripe takes in tens only: nothing is claimed that cannot be sent."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from catalog.tests.factories import VariantFactory
from orders import services as orders
from orders.models import Order, OrderPart
from orders.tests.factories import CouponFactory, actor_of, place_order_for, put_in_cart
from orders.tests.looks import fresh
from payments.intents import RefundAnswer
from payments.models import Payment, Refund
from payments.providers import PROVIDERS
from payments.services import apply_refund, send_refund, settle_payment
from payments.tests.factories import PaymentFactory, check_books, pay, place
from payments.tests.test_refund_api import give_back
from payments.tests.test_refunds_by_items import by_items
from payments.tests.test_refunds_of_goods import give_back as send_back

pytestmark = pytest.mark.django_db
KWD = {"currency": "KWD", "stock": 10}


@pytest.fixture
def admin(as_user: Any) -> Any:
    return as_user(AdminFactory())


@pytest.fixture
def unpaid(buyer: Any) -> Order:
    """Three units at 3.340 KWD, 0.010 less together: 10.010 KWD, a third of which is 3.336 or 3.337."""
    put_in_cart(actor_of(buyer), VariantFactory(price_amount=3340, **KWD), 3)
    CouponFactory(kind="fixed", percent=None, amount=10, currency="KWD", is_automatic=True)
    return place_order_for(buyer)


@pytest.fixture
def order(client: Any, unpaid: Order, standin: Any) -> Order:
    assert pay(client, unpaid, payment_method="pm_card_visa").json()["status"] == "succeeded"
    return fresh(unpaid)


def deliver(order: Order) -> None:
    for step in (orders.accept_part, orders.ship_part, orders.deliver_part):
        step(part_id=order.parts.get().pk, by=None)


def refunds() -> list[tuple[str, int]]:
    return list(Refund.objects.order_by("pk").values_list("status", "amount"))


def fils(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "KWD"}


def test_an_amount_that_cannot_be_sent_is_refused_before_it_is_claimed(admin: Any, order: Order) -> None:
    refused = give_back(admin, order, amount=fils(5))

    problem = refused.json()["errors"][0]
    assert (refused.status_code, problem["pointer"], problem["code"]) == (400, "/amount", "not_a_multiple")
    assert "10 minor units" in problem["detail"]
    assert (refunds(), Payment.objects.get().refund_amount) == ([], 0)
    assert give_back(admin, order, amount=fils(10)).json()["status"] == "succeeded"
    assert give_back(admin, order).json()["amount"] == fils(10000)
    check_books()


def test_items_are_rounded_down_and_the_rest_is_still_there(admin: Any, order: Order) -> None:
    assert [by_items(admin, order).json()["amount"]["amount"] for _ in range(3)] == [3330, 3330, 3330]
    assert give_back(admin, order).json()["amount"] == fils(20)
    assert fresh(order).refund_status == "full"
    check_books()


def test_the_last_return_takes_the_crumbs_along(order: Order, run_jobs: Any) -> None:
    deliver(order)
    assert [send_back(order, 1).refund_amount for _ in range(3)] == [3330, 3330, 3350]
    run_jobs()
    assert refunds() == [("succeeded", 3330), ("succeeded", 3330), ("succeeded", 3350)]
    assert fresh(order).refund_status == "full"
    check_books()


def test_the_last_return_takes_no_more_than_crumbs_along(order: Order) -> None:
    """A refund that failed before is for people to decide on."""
    deliver(order)
    send_back(order, 1)
    apply_refund(refund_id=Refund.objects.get().pk, answer=RefundAnswer(id="", status="failed"))
    assert send_back(order, 2).refund_amount == 6670


def test_a_removal_is_rounded_down(order: Order, run_jobs: Any) -> None:
    goods = {order.items.get().pk: 1}
    orders.remove_items(part_id=order.parts.get().pk, by=None, quantities=goods, reason="Broken")
    run_jobs()
    assert refunds() == [("succeeded", 3330)]
    assert order.events.get(type="order.items_removed").data["refund"] == fils(3330)
    orders.cancel_order(order_id=order.pk, by=None)
    run_jobs()
    assert (refunds()[1:], fresh(order).refund_status) == ([("succeeded", 6680)], "full")
    check_books()


def test_of_a_cancelled_part_goes_what_can_be_sent_and_with_the_last_all(
    client: Any, buyer: Any, standin: Any, run_jobs: Any
) -> None:
    order = place(buyer, VariantFactory(price_amount=5675, **KWD), VariantFactory(price_amount=6665, **KWD))
    pay(client, order, payment_method="pm_card_visa")
    for part in OrderPart.objects.filter(order=order).order_by("pk"):
        orders.cancel_part(part_id=part.pk, by=None, reason="gone")
        run_jobs()
    assert refunds() == [("succeeded", 5670), ("succeeded", 6660), ("succeeded", 10)]
    assert fresh(order).refund_status == "full"
    check_books()


def test_money_that_staff_count_has_no_step(admin: Any, unpaid: Order) -> None:
    payment = PaymentFactory(order=unpaid, provider="manual", method="bank_transfer")
    settle_payment(payment_id=payment.pk, by=None)
    assert give_back(admin, unpaid, amount=fils(5)).json()["status"] == "succeeded"
    assert by_items(admin, unpaid).json()["amount"] == fils(3336)


def test_what_was_claimed_before_and_can_never_be_sent_fails(order: Order) -> None:
    refund = Refund.objects.create(
        payment=Payment.objects.get(), amount=5, currency="KWD", reason="requested"
    )
    Payment.objects.update(refund_amount=5)
    send_refund(refund_id=refund.pk)
    refund = fresh(refund)
    assert (refund.status, refund.failure_code) == ("failed", "currency_not_supported")
    assert Payment.objects.get().refund_amount == 0


@pytest.mark.parametrize(
    ("currency", "step"), [("USD", 1), ("ISK", 1), ("KWD", 10), ("TND", 10), ("MGA", 100)]
)
def test_what_stripe_can_express(currency: str, step: int) -> None:
    assert (PROVIDERS["stripe"].step(currency), PROVIDERS["manual"].step(currency)) == (step, 1)
