"""What no answer and no webhook told: asked again, so that no payment stays in between."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Order
from payments.errors import IntentMismatch, PaymentRefused, StripeDown
from payments.models import Payment, Refund, StripeEvent
from payments.services.cancelling import cancel_payment
from payments.services.inbox import process_event
from payments.services.opening import fetch
from payments.services.refunds import send_refund

logger = structlog.get_logger(__name__)
BATCH = 100
PARKED_FOR = timedelta(hours=1)  # how long an unknown object may still become known
SELDOM = timedelta(hours=1)


def reconcile(*, older_than: timedelta = timedelta(minutes=1)) -> int:
    """Looks again at open Stripe payments, pending refunds and waiting events; returns at how many.

    Stops at the first sign that Stripe is down: the next run goes on. Not in a transaction.
    """
    before = timezone.now() - older_than
    chores: list[tuple[Callable[[Any], object], Iterable[Any]]] = [
        (check_payment, waiting_payments(before)),
        (check_refund, waiting_refunds(before)),
        (lambda pk: process_event(event_id=pk), waiting_events(before)),
    ]
    done = 0
    try:
        for look, rows in chores:
            for row in rows:
                look(row)
                done += 1
    except StripeDown:
        logger.warning("reconcile_interrupted", done=done)
    return done


def waiting_payments(before: datetime) -> list[int]:
    return longest_ago(Payment.objects.open().filter(provider=Payment.Provider.STRIPE), before)


def waiting_refunds(before: datetime) -> list[int]:
    return longest_ago(Refund.objects.filter(status=Refund.Status.PENDING), before)


def longest_ago(rows: QuerySet, before: datetime) -> list[int]:
    """Those not looked at since `before`, the longest first; a bank takes days, so old ones are asked once an hour."""
    an_hour_ago = timezone.now() - SELDOM
    due = rows.filter(Q(created_at__gt=an_hour_ago) | Q(checked_at__lt=an_hour_ago), checked_at__lt=before)
    return list(due.order_by("checked_at", "pk").values_list("pk", flat=True)[:BATCH])


def waiting_events(before: datetime) -> list[int]:
    parked = Q(status=StripeEvent.Status.PARKED, received_at__gt=timezone.now() - PARKED_FOR)
    rows = StripeEvent.objects.filter(Q(status=StripeEvent.Status.RECEIVED) | parked, received_at__lt=before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def check_payment(payment_id: int) -> None:
    """An order that is over has its payment cancelled; any other payment is read again."""
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    Payment.objects.filter(pk=payment_id).update(checked_at=timezone.now())
    try:
        if payment.order.status == Order.Status.PENDING_PAYMENT:
            fetch(payment)
        else:
            cancel_payment(payment_id=payment_id)
    except (IntentMismatch, PaymentRefused) as problem:
        logger.error("payment_not_reconciled", payment=payment_id, problem=problem.code)


def check_refund(refund_id: int) -> None:
    Refund.objects.filter(pk=refund_id).update(checked_at=timezone.now())
    send_refund(refund_id=refund_id)
