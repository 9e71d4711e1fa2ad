"""Invariants of payments (`manage.py verify`), and rows that can be deleted (`manage.py prune`)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.models import Order, OrderItem, Return
from payments import auditing
from payments.models import Payment, Refund, RefundItem, StripeEvent

OVER = (Order.Status.EXPIRED, Order.Status.CANCELLED)
KEPT = timedelta(days=30)


def verify() -> Iterator[dict[str, Any]]:
    kept = Payment.objects.refundable()
    for payment in kept.filter(Q(order__status__in=OVER) | Q(order__paid_at=None)):
        yield {
            "kind": "payment_without_order",
            "detail": "Captured money of an unpaid order.",
            "payment": payment.pk,
        }
    twice = kept.values("order").annotate(charges=Count("pk")).filter(charges__gt=1)
    for row in twice:
        yield {"kind": "paid_twice", "detail": "Two charges of one order.", "order": row["order"]}
    yield from auditing.audit()
    for payment in Payment.objects.annotate(claimed=claimed_refunds()).exclude(claimed=F("refund_amount")):
        yield {
            "kind": "refund_claims",
            "detail": "refund_amount is not the sum of refunds.",
            "payment": payment.pk,
        }
    yield from untrue_returns()
    yield from miscounted_units()
    paid = Order.objects.filter(paid_at__isnull=False, total_amount__gt=0)
    for order in paid.exclude(payments__captured_amount__gt=0):
        yield {"kind": "order_without_payment", "detail": "A paid order without a charge.", "order": order.pk}


def untrue_returns() -> Iterator[dict[str, Any]]:
    """Received returns report no more than was claimed for them, whether or not a bank took the refund."""
    told = sums(Return.objects.filter(status=Return.Status.RECEIVED), "refund_amount")
    claimed = sums(Refund.objects.filter(reason=Refund.Reason.RETURNED), "amount")
    for part, amount in told.items():
        if amount > claimed.get(part, 0):
            detail = "Returns tell of more than what was claimed for them."
            yield {"kind": "return_not_refunded", "detail": detail, "part": part}


def miscounted_units() -> Iterator[dict[str, Any]]:
    """An item's refunded units equal those of the refunds that have not failed."""
    rows = RefundItem.objects.exclude(refund__status=Refund.Status.FAILED).order_by().values_list("item")
    counted = dict(OrderItem.objects.filter(refunded_quantity__gt=0).values_list("pk", "refunded_quantity"))
    named = dict(rows.annotate(total=Sum("quantity")))
    for item in sorted(counted.keys() | named.keys()):
        if counted.get(item, 0) != named.get(item, 0):
            detail = "refunded_quantity is not the sum of refunds by items."
            yield {"kind": "refunded_units", "detail": detail, "item": item}


def sums(rows: QuerySet, column: str) -> dict[int, int]:
    return dict(rows.order_by().values_list("part").annotate(total=Sum(column)))


def claimed_refunds() -> Coalesce:
    claims = Refund.objects.filter(~Q(status=Refund.Status.FAILED), payment=OuterRef("pk"))
    return Coalesce(
        Subquery(claims.order_by().values("payment").annotate(sum=Sum("amount")).values("sum")), 0
    )


def prune() -> int:
    """Deletes events processed long after Stripe's last retry (three days)."""
    old = StripeEvent.objects.filter(
        status=StripeEvent.Status.PROCESSED, received_at__lt=timezone.now() - KEPT
    )
    return old.delete()[0]
