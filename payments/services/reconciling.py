"""Asks again about what no answer and no webhook reported, so that no payment stays undecided."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Order
from payments.errors import IntentMismatch, PaymentRefused, PaymentUnknown, StripeDown
from payments.models import Dispute, Payment, Payout, PayoutAccount, Refund, StripeEvent
from payments.providers import provider_of
from payments.services.cancelling import cancel_payment
from payments.services.catching_up import catch_up
from payments.services.disputes import take_dispute
from payments.services.fees import record_fee
from payments.services.inbox import process_event
from payments.services.intents import apply_intent, fail_payment
from payments.services.onboarding import sync_account, unfinished_accounts
from payments.services.opening_books import post_missing, unposted
from payments.services.refunds import send_refund
from payments.services.transfers import send_payout

logger = structlog.get_logger(__name__)
BATCH = 100
PARKED_FOR = timedelta(hours=1)  # how long an unknown object may still become known
SELDOM = timedelta(hours=1)
FEES_FOR = timedelta(days=14)
OVER = (Order.Status.EXPIRED, Order.Status.CANCELLED)


def reconcile(*, older_than: timedelta = timedelta(minutes=1), is_thorough: bool = True) -> int:
    """Checks everything unfinished, and webhooks that never came; returns how many things were checked.

    A thorough run also compares every payment ever made with the ledger.
    Stops at the first StripeDown, and the next run continues. Any other failure is logged and affects one row.
    Not in a transaction.
    """
    before = timezone.now() - older_than
    done = sum(attempt(post_missing, payment) for payment in (unposted() if is_thorough else ()))
    try:
        for _, look, waiting in CHORES:
            for row in waiting(before):
                done += attempt(look, row)
        catch_up()
    except StripeDown:
        logger.warning("reconcile_interrupted", done=done)
    return done


def unreconciled(*, older_than: timedelta = timedelta(minutes=1)) -> dict[str, int]:
    """How many things `reconcile` would check first, by kind; does not ask Stripe."""
    before = timezone.now() - older_than
    waiting = {name: len(list(find(before))) for name, _, find in CHORES}
    return {"unposted payments": len(list(unposted())), **waiting}


def loose_ends() -> Iterator[str]:
    """What only people can resolve, or what has waited for long."""
    an_hour_ago = timezone.now() - SELDOM
    parked = StripeEvent.objects.filter(status=StripeEvent.Status.PARKED)
    for event in parked.order_by("pk")[:BATCH]:
        yield f"webhook {event.event_id} {event.type} of {event.object_id}: {event.note}"
    for refund in Refund.objects.filter(status=Refund.Status.PENDING).exclude(failure_code="").order_by("pk"):
        yield f"refund {refund.pk} of {refund.money}: refused so far ({refund.failure_code})"
    for payout in Payout.objects.filter(status=Payout.Status.FAILED).order_by("pk"):
        yield f"payout {payout.pk} of {payout.money}: refused so far ({payout.failure_code})"
    for payment in Payment.objects.open().filter(
        provider=Payment.Provider.STRIPE, created_at__lt=an_hour_ago
    ):
        yield f"payment {payment.pk} of {payment.money}: {payment.status} since {payment.created_at:%Y-%m-%d %H:%M}"


def attempt(look: Callable[[Any], object], row: Any) -> bool:
    """Whether `look` succeeded. Raises StripeDown."""
    try:
        look(row)
    except StripeDown:
        raise
    except Exception:
        logger.exception("not_reconciled", look=look.__name__, row=row)
        return False
    return True


def waiting_payments(before: datetime) -> list[int]:
    """Stripe payments; manual ones wait for staff, so only those of orders that are over."""
    asked = Q(provider=Payment.Provider.STRIPE) | Q(order__status__in=OVER)
    return longest_ago(Payment.objects.open().filter(asked), before, often=Q())


def waiting_refunds(before: datetime) -> list[int]:
    return longest_ago(Refund.objects.filter(status=Refund.Status.PENDING), before, often=Q(failure_code=""))


def longest_ago(rows: QuerySet, before: datetime, *, often: Q) -> list[int]:
    """Ids of rows not checked since `before`, the longest ago first.

    A bank takes days, so old rows, and those that do not match `often`, are checked only once an hour.
    """
    an_hour_ago = timezone.now() - SELDOM
    young = Q(created_at__gt=an_hour_ago) & often
    due = rows.filter(young | Q(checked_at__lt=an_hour_ago), checked_at__lt=before)
    return list(due.order_by("checked_at", "pk").values_list("pk", flat=True)[:BATCH])


def waiting_events(before: datetime) -> list[int]:
    parked = Q(status=StripeEvent.Status.PARKED, received_at__gt=timezone.now() - PARKED_FOR)
    rows = StripeEvent.objects.filter(Q(status=StripeEvent.Status.RECEIVED) | parked, received_at__lt=before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def check_payment(payment_id: int) -> None:
    """Cancels the payment of an order that is over; reads any other payment again.

    A payment unknown to Stripe is left as it is: with a wrong key of ours that would be all of them.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    Payment.objects.filter(pk=payment_id).update(checked_at=timezone.now())
    try:
        if payment.order.status == Order.Status.PENDING_PAYMENT:
            apply_intent(payment_id=payment_id, intent=provider_of(payment).fetch(payment))
        else:
            cancel_payment(payment_id=payment_id)
    except PaymentRefused as refusal:
        fail_payment(payment_id=payment_id, code=refusal.code, message=str(refusal.detail))
    except (IntentMismatch, PaymentUnknown) as problem:
        logger.error("payment_not_reconciled", payment=payment_id, problem=problem.code)


def waiting_payouts(before: datetime) -> list[int]:
    return longest_ago(Payout.objects.unsent(), before, often=Q(status=Payout.Status.PENDING))


def waiting_fees(before: datetime) -> list[int]:
    """Payments of the last days only: a fee that Stripe has not reported by then never comes."""
    unknown = Payment.objects.filter(provider=Payment.Provider.STRIPE, captured_amount__gt=0, fee_amount=None)
    recent = unknown.filter(succeeded_at__gt=timezone.now() - FEES_FOR)
    return longest_ago(recent, before, often=Q())


def waiting_accounts(before: datetime) -> list[str]:
    """Checked once an hour; webhooks are quicker."""
    accounts = PayoutAccount.objects.filter(unfinished_accounts())
    due = accounts.filter(checked_at__lt=min(before, timezone.now() - SELDOM)).order_by("checked_at")
    return list(due.values_list("provider_reference", flat=True)[:BATCH])


def waiting_disputes(before: datetime) -> list[str]:
    """A handful at most: the bank's verdict comes by webhook, but each run checks as well."""
    undecided = Dispute.objects.filter(status__in=[Dispute.Status.INQUIRY, Dispute.Status.OPEN])
    return list(undecided.order_by("?").values_list("provider_reference", flat=True)[:5])


def check_refund(refund_id: int) -> None:
    Refund.objects.filter(pk=refund_id).update(checked_at=timezone.now())
    send_refund(refund_id=refund_id)


def check_payout(payout_id: int) -> None:
    Payout.objects.filter(pk=payout_id).update(checked_at=timezone.now())
    send_payout(payout_id=payout_id)


def check_event(event_id: int) -> None:
    process_event(event_id=event_id)


def check_fee(payment_id: int) -> None:
    record_fee(payment_id=payment_id)


def check_account(reference: str) -> None:
    PayoutAccount.objects.filter(provider_reference=reference).update(checked_at=timezone.now())
    sync_account(reference=reference)


# By the names that a dry run shows.
CHORES: list[tuple[str, Callable[[Any], object], Callable[[datetime], Iterable[Any]]]] = [
    ("payments", check_payment, waiting_payments),
    ("refunds", check_refund, waiting_refunds),
    ("events", check_event, waiting_events),
    ("payouts", check_payout, waiting_payouts),
    ("fees", check_fee, waiting_fees),
    ("accounts", check_account, waiting_accounts),
    ("disputes", take_dispute, waiting_disputes),
]
