"""A bank takes back a part of a payment: the rest of it can be refunded, and never more than that."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from config.shared.money import Money
from orders.models import Order
from orders.services import cancel_order
from payments import services
from payments.errors import RefundTooLarge
from payments.integrity import verify
from payments.intents import RefundAnswer
from payments.models import Payment, Refund
from payments.services.disputes import DisputeAnswer
from payments.tests.factories import books, check_books, key, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(client: Any, order: Any, standin: Any, run_jobs: Any) -> Payment:
    """19.99 USD."""
    pay(client, order, payment_method="pm_card_visa")
    run_jobs()
    return Payment.objects.get()


def dispute(payment: Payment, amount: int, *statuses: str, reference: str = "dp_1") -> None:
    for status in statuses:
        answer = DisputeAnswer(
            id=reference, status=status, reason="fraudulent", money=Money(amount, "USD"), intent="", due_by=None, fees={}
        )  # fmt: skip
        services.apply_dispute(payment_id=payment.pk, answer=answer)


def refunds() -> list[tuple[str, int, str]]:
    return list(Refund.objects.order_by("pk").values_list("status", "amount", "failure_code"))


def test_the_rest_goes_back_when_the_order_is_cancelled(paid: Payment) -> None:
    dispute(paid, 700, "open", "lost")
    dispute(paid, 300, "open", "lost", reference="dp_2")
    dispute(paid, 500, "open", "won", reference="dp_3")

    cancel_order(order_id=paid.order_id, by=None)

    assert refunds() == [("pending", 999, "")]
    check_books()
    services.apply_refund(
        refund_id=Refund.objects.get().pk, answer=RefundAnswer(id="re_1", status="succeeded")
    )
    assert books() == {"stripe": 88, "stripe_fees": -88}
    assert (Payment.objects.get().status, Order.objects.get().refund_status) == (
        "partially_refunded",
        "partial",
    )
    check_books()


def test_no_more_than_the_rest_can_be_asked_for(as_user: Any, paid: Payment) -> None:
    dispute(paid, 1000, "open", "lost")
    admin, path = as_user(AdminFactory()), f"/api/v1/orders/{paid.order_id}/refunds"
    body = {"amount": {"amount": 1000, "currency": "USD"}, "reason": "late"}

    refused = admin.post(path, body, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_too_large")
    assert refused.json()["left"] == {"amount": 999, "currency": "USD"}
    with pytest.raises(RefundTooLarge):
        services.request_refund(payment=paid, amount=1000, reason="requested")
    everything = admin.post(path, {"reason": "late"}, headers=key()).json()
    assert everything["amount"]["amount"] == 999
    assert admin.post(path, {"reason": "late"}, headers=key()).json()["code"] == "nothing_to_refund"
    check_books()


def test_what_was_to_be_refunded_during_the_dispute_is_refunded_less_what_was_lost(paid: Payment) -> None:
    services.request_refund(payment=paid, amount=500, reason="requested")
    dispute(paid, 1000, "open")
    cancel_order(order_id=paid.order_id, by=None)
    assert refunds() == [("pending", 500, ""), ("pending", 1499, "")]

    dispute(paid, 1000, "lost")

    assert refunds() == [("pending", 500, ""), ("failed", 1499, "disputed"), ("pending", 499, "")]
    assert Refund.objects.latest("pk").reason == "order_cancelled"
    assert Payment.objects.get().refund_amount == 999
    check_books()


def test_what_stripe_has_taken_is_left_to_its_word(paid: Payment) -> None:
    """More has gone than came in, which is the shop's loss."""
    refund = services.request_refund(payment=paid, amount=1499, reason="requested")
    services.apply_refund(refund_id=refund.pk, answer=RefundAnswer(id="re_1", status="pending"))
    dispute(paid, 1000, "open", "lost")
    assert refunds() == [("pending", 1499, "")]

    services.apply_refund(refund_id=refund.pk, answer=RefundAnswer(id="re_1", status="succeeded"))
    cancel_order(order_id=paid.order_id, by=None)

    assert (refunds(), books()["disputes"]) == ([("succeeded", 1499, "")], -500)
    check_books()


@pytest.mark.parametrize(("amount", "found"), [(1998, ["payment_without_order"]), (1999, [])])
def test_verify_finds_a_rest_of_an_order_that_is_over(paid: Payment, amount: int, found: list[str]) -> None:
    dispute(paid, amount, "open", "lost")
    Order.objects.update(status="cancelled")

    assert [one["kind"] for one in verify()] == found


def test_a_won_dispute_takes_nothing(paid: Payment) -> None:
    dispute(paid, 1000, "open", "won")
    cancel_order(order_id=paid.order_id, by=None)
    assert refunds() == [("pending", 1999, "")]
