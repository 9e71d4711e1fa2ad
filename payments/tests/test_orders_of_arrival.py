"""The six main events of a payment in any order, each of them twice: one state, one set of books."""

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest
import stripe
from django.db import transaction

from payments import gateway, services
from payments.models import Dispute, LedgerTransaction, Payment, Refund, StripeEvent
from payments.providers import PROVIDERS
from payments.tests.factories import books, deliver, events_of, pay
from payments.tests.test_webhooks import confirm_at_stripe

pytestmark = pytest.mark.django_db
MAIN = (
    "payment_intent.created", "payment_intent.payment_failed", "payment_intent.succeeded", "refund.created",
    "charge.dispute.created", "charge.dispute.closed",
)  # fmt: skip
# All 720 take a minute and a half; these are the first, the last, and 30 by lot, the same each time.
SAMPLE = random.Random(7).sample(range(1, 719), 30)
STATUSES = (
    "requires_payment_method", "requires_confirmation", "requires_action", "processing", "succeeded", "canceled",
)  # fmt: skip


@pytest.fixture
def story(client: Any, order: Any, standin: Any) -> list[dict[str, Any]]:
    """Declined, paid, partly refunded in the dashboard, disputed and won: Stripe alone knows."""
    reference = pay(client, order).json()["provider_reference"]
    with pytest.raises(stripe.CardError):
        gateway.call(
            lambda at: at.v1.payment_intents.confirm(reference, {"payment_method": "pm_card_chargeDeclined"})
        )
    confirm_at_stripe(reference)
    refund: Any = {"payment_intent": reference, "amount": 500}
    gateway.call(lambda at: at.v1.refunds.create(refund, {"idempotency_key": f"dashboard-{reference}"}))
    dispute = standin.open_dispute(payment_intent=reference, reason="fraudulent")["id"]
    standin.close_dispute(dispute, "won")
    told = [*events_of(standin, reference), *events_of(standin, dispute)]
    return [next(event for event in told if event["type"] == kind) for kind in MAIN]


def state() -> Any:
    payment = Payment.objects.select_related("order").get()
    return (
        (payment.status, payment.order.status, payment.order.refund_status),
        list(Refund.objects.values_list("amount", "status")),
        list(Dispute.objects.values_list("amount", "status")),
        books(),
        sorted(LedgerTransaction.objects.values_list("kind", flat=True)),
        StripeEvent.objects.exclude(status="processed").count(),
    )


def test_webhooks_in_any_order(api: Any, story: list[dict[str, Any]], run_jobs: Any) -> None:
    every = list(itertools.permutations(story))
    found = set()
    for number in (0, *SAMPLE, 719):
        with transaction.atomic():
            for event in every[number]:
                assert [deliver(api, event).status_code for _ in range(2)] == [200, 200]
                run_jobs()
            found.add(repr(state()))
            transaction.set_rollback(True)

    (only,) = found
    assert "('partially_refunded', 'paid', 'partial'), [(500, 'succeeded')], [(1999, 'won')]" in only
    assert "'seller_payable': 1349" in only


def test_what_was_read_in_any_order(client: Any, order: Any, standin: Any) -> None:
    """Answers that were read in time and come late, in the same sample of orders: forward only, and money is never overlooked."""
    payment = Payment.objects.get(pk=pay(client, order).json()["id"])
    read = PROVIDERS["stripe"].fetch(payment)
    answers = {
        status: replace(read, status=status, received=payment.amount if status == "succeeded" else 0)
        for status in STATUSES
    }
    outcomes = set()
    every = list(itertools.permutations(STATUSES))
    for number in (0, *SAMPLE, 719):
        with transaction.atomic():
            for status in every[number]:
                services.apply_intent(payment_id=payment.pk, intent=answers[status])
            outcomes.add(tuple(Payment.objects.values_list("status", "order__status").get()))
            transaction.set_rollback(True)

    assert outcomes == {("succeeded", "paid")}
