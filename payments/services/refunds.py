from collections.abc import Mapping

import structlog
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from config.shared.actor import seller_audience
from config.shared.events import log
from orders.models import Order, OrderPart
from orders.services import issue_credit_note, record_refund, reverse_credit_note, uncount_refunded
from payments.errors import RefundTooLarge
from payments.events import OrderRefunded
from payments.intents import RefundAnswer
from payments.models import Payment, Refund
from payments.providers import provider_of, sendable, step_of
from payments.services.books import left_in_books
from payments.services.postings import post_refund, post_refund_state
from payments.signals import order_refunded, refund_failed, refund_requested

logger = structlog.get_logger(__name__)


@transaction.atomic
def request_refund(
    *,
    payment: Payment,
    amount: int,
    reason: str,
    part: OrderPart | None = None,
    note: str = "",
    shares: Mapping[int, int] | None = None,
    provider_reference: str = "",
) -> Refund:
    """Claims `amount` (minor units) of captured money not lost to a dispute; a job refunds it. Raises RefundTooLarge.

    `shares` say how much each of several parts gives. With a `provider_reference` the provider has already made it.
    """
    Order.objects.locked().get(pk=payment.order_id)  # no dispute can be lost under this lock
    taken = amount + payment.lost_amount
    unclaimed = Payment.objects.filter(pk=payment.pk, captured_amount__gte=F("refund_amount") + taken)
    if not unclaimed.update(refund_amount=F("refund_amount") + amount):
        raise RefundTooLarge
    payment.refund_amount += amount
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        part=part,
        note=note,
        provider_reference=provider_reference,
    )
    post_refund(refund, shares=shares)
    if not provider_reference:
        refund_requested.send(sender=Refund, refund=refund)
    return refund


@transaction.atomic
def refund_order(
    *, order_id: int, reason: str, amount: int | None = None, part: OrderPart | None = None
) -> list[Refund]:
    """Refunds `amount`, or all that is left, of what was paid for an order, as far as the provider can send it.

    Needs the order's lock.
    """
    refunds: list[Refund] = []
    payments = (
        Payment.objects.refundable().filter(order_id=order_id).select_for_update(no_key=True, of=("self",))
    )
    for payment in payments.order_by("pk"):
        left = payment.left_amount
        share = left if amount is None else min(left, amount - sum(refund.amount for refund in refunds))
        share = sendable(payment, share)
        if share > 0:
            refunds.append(request_refund(payment=payment, amount=share, reason=reason, part=part))
    return refunds


@transaction.atomic
def refund_part(
    *, part: OrderPart, amount: int | None = None, reason: str = Refund.Reason.PART_CANCELLED
) -> list[Refund]:
    """Refunds `amount`, or all that is left, of the part's share; never more than is left. Needs the order's lock."""
    left = left_of_part(part)
    share = left if amount is None else min(left, amount)
    if share <= 0:
        return []
    return refund_order(order_id=part.order_id, amount=share, reason=reason, part=part)


@transaction.atomic
def refund_rest(*, part: OrderPart, amount: int, reason: str) -> list[Refund]:
    """Refunds the last `amount` due of a part, plus crumbs of earlier shares that were too small for the provider.

    Crumbs are less than a step for each unit; anything more (a refund that failed) is for people to decide.
    """
    payment = Payment.objects.refundable().filter(order=part.order_id).order_by("pk").first()
    units = sum(item.quantity for item in part.items.all())  # type: ignore[attr-defined]
    crumbs = left_of_part(part) - amount
    if payment is not None and 0 < crumbs <= (step_of(payment) - 1) * units:
        amount += crumbs
    return refund_part(part=part, amount=amount, reason=reason)


def left_of_part(part: OrderPart) -> int:
    """What was not yet refunded of a part's share, by itself or with the whole order, in minor units."""
    left = part.total_amount - Refund.objects.filter(part=part).claimed()
    posted = left_in_books(part)
    return left if posted is None else min(left, posted)


def send_refund(*, refund_id: int) -> None:
    """Asks the provider to carry a refund out; repeating it is harmless. Raises StripeDown. Not in a transaction."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status == Refund.Status.PENDING:
        apply_refund(refund_id=refund_id, answer=provider_of(refund.payment).refund(refund))


@transaction.atomic
def apply_refund(*, refund_id: int, answer: RefundAnswer) -> Refund:
    """Stores the provider's state of a refund. A bank may return even a succeeded one; failed is final."""
    order = Order.objects.locked().get(payments__refunds=refund_id)
    refunds = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment")
    refund = refunds.get(pk=refund_id)
    before = refund.status
    if before == Refund.Status.FAILED or (before, answer.status) == (
        Refund.Status.SUCCEEDED,
        Refund.Status.PENDING,
    ):
        return refund
    refund.provider_reference = answer.id or refund.provider_reference
    refund.status, refund.failure_code = Refund.Status(answer.status), answer.failure_code[:64]
    refund.finished_at = None if refund.status == Refund.Status.PENDING else timezone.now()
    refund.save()
    if refund.status != before:
        count(refund, order)
    elif refund.failure_code:
        logger.error("refund_refused", refund=refund.pk, code=refund.failure_code)
    return refund


def count(refund: Refund, order: Order) -> None:
    """Applies a refund's new state to its payment, order and items, and announces money that went back."""
    if refund.status == Refund.Status.FAILED:
        logger.error("refund_failed", refund=refund.pk, code=refund.failure_code)
        Payment.objects.filter(pk=refund.payment_id).update(refund_amount=F("refund_amount") - refund.amount)
        if units := refund.quantities:
            uncount_refunded(order_id=order.pk, quantities=units)
    post_refund_state(refund)
    Payment.objects.filter(pk=refund.payment_id).update(status=status_after_refunds(refund.payment))
    order = record_refund(order_id=order.pk, refunded_total=refunded_total(order_id=order.pk))
    if refund.status == Refund.Status.FAILED:
        refund_failed.send(sender=Refund, refund=refund)
    elif refund.status == Refund.Status.SUCCEEDED:
        event = OrderRefunded(order=str(order.pk), refund=str(refund.pk), refund_status=order.refund_status)
        log.append(event, audiences=audiences_of(order))
        order_refunded.send(sender=Refund, refund=refund, order=order)


@transaction.atomic
def credit(*, refund_id: int) -> None:
    """Issues the credit note for money that went back. Not in another transaction: other numbers wait for its commit.

    Money that came too late for its order was never invoiced, so it is not credited.
    """
    Order.objects.locked().get(payments__refunds=refund_id)  # so that the refund cannot fail meanwhile
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    if (
        refund.status != Refund.Status.SUCCEEDED
        or refund.payment.is_surplus
        or not refund.payment.order.is_paid
    ):
        return
    issue_credit_note(
        order_id=refund.payment.order_id,
        reference=f"refund:{refund.pk}",
        amount=refund.amount,
        reason=refund.note or refund.get_reason_display(),
    )


def reverse_credit(*, refund_id: int) -> None:
    """Issues the debit note if the bank returned a credited refund. Not in another transaction, as `credit`."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status == Refund.Status.FAILED:
        reverse_credit_note(
            order_id=refund.payment.order_id,
            reference=f"refund:{refund.pk}",
            reason="The bank returned the refund",
        )


def status_after_refunds(payment: Payment) -> str:
    done = payment.refunds.filter(status=Refund.Status.SUCCEEDED).aggregate(total=Sum("amount"))["total"] or 0
    if not done:
        return Payment.Status.SUCCEEDED
    return Payment.Status.REFUNDED if done == payment.captured_amount else Payment.Status.PARTIALLY_REFUNDED


def refunded_total(*, order_id: int) -> int:
    """What was refunded of the order's own money, without surplus."""
    ours = Refund.objects.filter(payment__order_id=order_id, payment__is_surplus=False)
    done = ours.filter(status=Refund.Status.SUCCEEDED)
    return done.aggregate(total=Sum("amount"))["total"] or 0


def audiences_of(order: Order) -> list[str]:
    sellers = order.parts.values_list("seller_id", flat=True)  # type: ignore[attr-defined]
    return [*order.audiences(), *map(seller_audience, sellers)]
