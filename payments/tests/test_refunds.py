"""Money goes back when an order is over, exactly once and never more than came in."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.tests.factories import UserFactory
from catalog.models import StockLevel
from catalog.tests.factories import VariantFactory
from config.shared.models import EventRecord
from orders.models import Order, OrderPart
from orders.services import expire_order, mark_order_paid
from payments import gateway, services
from payments.errors import RefundTooLarge, StripeDown
from payments.integrity import verify
from payments.intents import RefundAnswer
from payments.models import Payment, Refund
from payments.providers import refused_refund
from payments.tests.factories import confirm, events_of, pay, place

pytestmark = pytest.mark.django_db


def expire(order: Order) -> None:
    """Its hold has run out, and the sweeper comes by."""
    Order.objects.filter(pk=order.pk).update(hold_expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_order(order_id=order.pk)


def refunded(standin: Any, reference: str) -> list[int]:
    """The amounts that Stripe gave back for an intent."""
    return [
        e["data"]["object"]["amount"] for e in events_of(standin, reference) if e["type"] == "refund.created"
    ]


def test_a_cancelled_paid_order_is_refunded(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]

    assert client.post(f"/api/v1/orders/{order.pk}/cancel").status_code == 200
    payment = Payment.objects.get()
    assert (payment.status, payment.refund_amount) == ("succeeded", order.total_amount)
    run_jobs()

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.status, order.refund_status) == ("refunded", "cancelled", "full")
    assert refunded(standin, reference) == [order.total_amount]
    event = EventRecord.objects.get(type="order.refunded")
    refund = Refund.objects.get()
    assert event.data == {"order": str(order.pk), "refund": str(refund.pk), "refund_status": "full"}
    seller = order.parts.get().seller_id
    assert event.audiences == sorted(["admin", f"seller:{seller}", f"user:{order.user_id}"])
    assert list(verify()) == []


def test_a_cancelled_part_gives_back_its_share(
    client: Any, as_user: Any, buyer: Any, standin: Any, run_jobs: Any
) -> None:
    order = place(buyer, VariantFactory(), VariantFactory(price_amount=500))
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    first, second = OrderPart.objects.filter(order=order).order_by("pk")

    for part, status in ((first, "partially_refunded"), (second, "refunded")):
        seller = as_user(part.seller.user)
        answer = seller.post(f"/api/v1/orders/seller/{part.pk}/cancel", {"reason": "broken"})
        assert answer.status_code == 200, answer.json()
        run_jobs()
        assert Payment.objects.get().status == status

    assert refunded(standin, reference) == [first.total_amount, second.total_amount]
    order.refresh_from_db()
    assert (order.status, order.refund_status) == ("cancelled", "full")


def test_a_success_that_comes_too_late_is_refunded(
    client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    payment = pay(client, order, payment_method="pm_usBankAccount_success").json()
    assert client.post(f"/api/v1/orders/{order.pk}/cancel").status_code == 200

    standin.advance()
    run_jobs()

    order.refresh_from_db()
    assert (order.status, order.refund_status) == ("cancelled", "full")
    assert Payment.objects.get().status == "refunded"
    assert Refund.objects.get().reason == "too_late"
    assert refunded(standin, payment["provider_reference"]) == [order.total_amount]
    assert list(verify()) == []


def test_a_success_after_the_stock_went_is_refunded(
    client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    payment = pay(client, order, payment_method="pm_usBankAccount_success").json()
    expire(order)
    StockLevel.objects.update(on_hand=0)
    standin.advance()
    run_jobs()

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("expired", "refunded")
    assert refunded(standin, payment["provider_reference"]) == [order.total_amount]


def test_a_success_after_the_hold_revives_the_order(
    client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    pay(client, order, payment_method="pm_usBankAccount_success")
    expire(order)
    standin.advance()
    run_jobs()

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("paid", "succeeded")
    assert Refund.objects.count() == 0


def test_an_expired_orders_intent_is_cancelled(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    payment = pay(client, order).json()
    expire(order)
    run_jobs()

    assert Payment.objects.get().status == "cancelled"
    assert confirm(client, payment["id"], "pm_card_visa").json()["code"] == "invalid_transition"
    types = [event["type"] for event in events_of(standin, payment["provider_reference"])]
    assert types[-1] == "payment_intent.canceled"


def test_stripe_away_when_a_refund_is_due(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    client.post(f"/api/v1/orders/{order.pk}/cancel")
    standin.trouble(path="/v1/refunds", method="POST", drop=True)
    with pytest.raises(StripeDown):
        run_jobs()
    assert Refund.objects.get().status == "pending"

    standin.calm()
    services.send_refund(refund_id=Refund.objects.get().pk)

    assert Refund.objects.get().status == "succeeded"
    assert refunded(standin, reference) == [order.total_amount]


def test_a_failure_that_stripe_remembers(client: Any, order: Any, standin: Any) -> None:
    """Under the old key there would only be the old failure; whether there is a refund is looked up."""
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    refund = services.request_refund(payment=Payment.objects.get(), amount=500, reason="requested")
    standin.trouble(path="/v1/refunds", method="POST", status=500, when="after")
    with pytest.raises(StripeDown):
        services.send_refund(refund_id=refund.pk)
    standin.calm()

    services.send_refund(refund_id=refund.pk)

    assert (Refund.objects.get().status, Payment.objects.get().status) == ("succeeded", "partially_refunded")
    assert sum(refunded(standin, reference)) == 500


def test_what_stripe_refuses_for_now_is_asked_again_each_hour(client: Any, order: Any, standin: Any) -> None:
    """Our balance may be empty, for one: the customer's money is owed all the same."""
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    refund = services.request_refund(payment=Payment.objects.get(), amount=500, reason="requested")
    standin.trouble(path="/v1/refunds", method="POST", status=400)

    services.send_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("pending", "refused")
    assert Payment.objects.get().refund_amount == 500
    standin.calm()
    assert services.reconcile(older_than=timedelta(0)) == 1  # the charge's fee
    assert Refund.objects.get().status == "pending"
    Refund.objects.update(checked_at=timezone.now() - timedelta(minutes=61))
    assert services.reconcile(older_than=timedelta(0)) == 1
    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("succeeded", "")
    assert refunded(standin, reference) == [500]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"code": "charge_already_refunded"}, "failed"),
        ({"param": "amount", "message": "Refund amount ($5) is greater than unrefunded amount"}, "failed"),
        ({"code": "balance_insufficient"}, "pending"),
        ({"code": "charge_disputed"}, "pending"),
        ({"code": "resource_missing", "param": "payment_intent"}, "pending"),
        ({}, "pending"),
    ],
    ids=str,
)
def test_which_refusals_of_a_refund_are_final(answer: dict[str, str], status: str) -> None:
    problem = stripe.InvalidRequestError(**({"message": "No.", "param": None} | answer))

    assert refused_refund(problem).status == status


def test_a_refund_made_in_stripes_dashboard(client: Any, order: Any, standin: Any) -> None:
    """There is nothing left to give back: that is the end of ours."""
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    gateway.call(lambda client: client.v1.refunds.create({"payment_intent": reference}))
    refund = services.request_refund(payment=Payment.objects.get(), amount=500, reason="requested")

    services.send_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("failed", "charge_already_refunded")
    assert refunded(standin, reference) == [order.total_amount]


def test_a_refund_of_an_unknown_payment_stays_owed(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_card_visa")
    refund = services.request_refund(payment=Payment.objects.get(), amount=500, reason="requested")
    Payment.objects.update(provider_reference="pi_of_another_account")

    services.send_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("pending", "resource_missing")


def test_a_refund_that_the_bank_returns(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    pay(client, order, payment_method="pm_card_refundFail")
    refund = services.request_refund(
        payment=Payment.objects.get(), amount=order.total_amount, reason="requested"
    )
    run_jobs()
    assert Payment.objects.get().status == "refunded"

    services.apply_refund(
        refund_id=refund.pk, answer=RefundAnswer(id="re_1", status="failed", failure_code="unknown")
    )

    payment = Payment.objects.get()
    order.refresh_from_db()
    assert (payment.status, payment.refund_amount, order.refund_status) == ("succeeded", 0, "none")
    services.apply_refund(refund_id=refund.pk, answer=RefundAnswer(id="re_1", status="succeeded"))
    assert Refund.objects.get().status == "failed"


def test_the_timeline_tells_a_total_once(client: Any, order: Any, standin: Any) -> None:
    """A further refund that fails changes nothing of what went back."""
    pay(client, order, payment_method="pm_card_visa")
    for amount, status in ((500, "succeeded"), (300, "failed"), (200, "succeeded")):
        refund = services.request_refund(payment=Payment.objects.get(), amount=amount, reason="requested")
        services.apply_refund(refund_id=refund.pk, answer=RefundAnswer(id=f"re_{amount}", status=status))

    told = order.events.filter(type="order.refunded").order_by("pk")
    assert [line.data["refunded"]["amount"] for line in told] == [500, 700]


def test_a_manual_payment_goes_back_by_hand(buyer: Any, client: Any, order: Any, run_jobs: Any) -> None:
    payment = pay(client, order, method="bank_transfer").json()
    services.settle_payment(payment_id=int(payment["id"]), by=buyer)

    client.post(f"/api/v1/orders/{order.pk}/cancel")
    run_jobs()

    order.refresh_from_db()
    assert (Payment.objects.get().status, order.refund_status) == ("refunded", "full")


def test_never_more_than_was_captured(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_card_visa")
    payment = Payment.objects.get()
    services.request_refund(payment=payment, amount=1500, reason="requested")

    with pytest.raises(RefundTooLarge):
        services.request_refund(payment=payment, amount=order.total_amount - 1499, reason="requested")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(refund_amount=order.total_amount + 1)

    assert (Refund.objects.count(), Payment.objects.get().refund_amount) == (1, 1500)


def test_verify_finds_captured_money_without_an_order(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_card_visa")
    assert list(verify()) == []

    Order.objects.update(status="cancelled", paid_at=None)
    Payment.objects.update(refund_amount=1)

    assert {finding["kind"] for finding in verify()} == {"payment_without_order", "refund_claims"}


def test_verify_finds_an_order_without_a_payment() -> None:
    order = place(UserFactory(), VariantFactory())
    mark_order_paid(order_id=order.pk)

    assert [finding["kind"] for finding in verify()] == ["order_without_payment"]
