"""Posts the events of an order's money to the books. Everything here needs the order's lock."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import prefetch_related_objects

from orders.models import Order
from payments.models import Account, LedgerTransaction, Payment, Refund
from payments.services.books import (
    Kind,
    Line,
    cash_of,
    lines_of,
    post,
    post_opposite,
    proportion,
    shares_left,
    shares_of_sale,
    take,
    take_each,
)


@transaction.atomic(savepoint=False)
def post_capture(payment: Payment) -> None:
    """Money has arrived and belongs to nobody yet."""
    post(
        kind=Kind.CAPTURE,
        reference=f"capture:{payment.pk}",
        currency=payment.currency,
        order_id=payment.order_id,
        payment=payment,
        lines=[
            Line(account=cash_of(payment), amount=-payment.captured_amount),
            Line(account=Account.BUYER_CLEARING, amount=payment.captured_amount),
        ],
    )


@transaction.atomic(savepoint=False)
def post_sale(*, order: Order) -> None:
    """The order is paid: shares its money out to sellers and shop. Does nothing for an order without a payment."""
    payment = (
        Payment.objects.filter(order=order, captured_amount__gt=0, is_surplus=False).order_by("-pk").first()
    )
    if payment is not None:
        payment.order = order
        post_sale_of(payment)


def post_sale_of(payment: Payment) -> None:
    """Uses parts and items that are already loaded."""
    prefetch_related_objects([payment.order], "parts__items")
    parts = sorted(payment.order.parts.all(), key=lambda part: part.pk)
    shares = exactly(payment.captured_amount, shares_of_sale(parts))
    post(
        kind=Kind.SALE,
        reference=f"sale:{payment.pk}",
        currency=payment.currency,
        order_id=payment.order_id,
        payment=payment,
        lines=[Line(account=Account.BUYER_CLEARING, amount=-sum(shares.values())), *lines_of(shares)],
    )


def exactly(amount: int, shares: dict) -> dict:
    """`shares` unchanged if they sum to the captured amount; otherwise that amount in their proportion."""
    positive = {key: value for key, value in shares.items() if value > 0}
    return positive if sum(positive.values()) == amount else proportion(positive, amount)


@transaction.atomic
def post_refund(refund: Refund, *, shares: Mapping[int, int] | None = None) -> None:
    """Posts money owed to the customer: each share of the sale gives in proportion, commission included.

    With `shares` (part id → minor units) each part gives its own amount. What the shares no longer cover (a dispute
    took it) is the shop's loss.
    """
    payment = refund.payment
    left = shares_left(payment)
    taken = take_each(left, shares) if shares else take(left, refund.amount, part_id=refund.part_id)
    given = sum(taken.values()) if not has_sale(payment) else refund.amount
    lines = [*lines_of(taken, -1), Line(account=Account.BUYER_CLEARING, amount=given)]
    post(
        kind=Kind.REFUND,
        reference=f"refund:{refund.pk}",
        currency=refund.currency,
        order_id=payment.order_id,
        payment=payment,
        refund=refund,
        lines=[*lines, Line(account=Account.DISPUTES, amount=sum(taken.values()) - given)],
    )


def has_sale(payment: Payment) -> bool:
    """False for money that arrived too late: it was never shared out, and goes back whole."""
    return LedgerTransaction.objects.filter(payment=payment, kind=Kind.SALE).exists()


@transaction.atomic
def post_refund_state(refund: Refund) -> None:
    """Posts that the customer has the money, or reverses a failed refund's postings."""
    if refund.status == Refund.Status.SUCCEEDED:
        post_refund_paid(refund)
    elif refund.status == Refund.Status.FAILED:
        for posted in LedgerTransaction.objects.filter(refund=refund).order_by("pk"):
            post_opposite(
                posted, kind=Kind.REFUND_FAILED, reference=f"{posted.reference}:failed", refund=refund
            )


def post_refund_paid(refund: Refund) -> None:
    post(
        kind=Kind.REFUND_PAID,
        reference=f"refund:{refund.pk}:paid",
        currency=refund.currency,
        order_id=refund.payment.order_id,
        payment=refund.payment,
        refund=refund,
        lines=[
            Line(account=Account.BUYER_CLEARING, amount=-refund.amount),
            Line(account=cash_of(refund.payment), amount=refund.amount),
        ],
    )


@transaction.atomic
def post_fee(payment: Payment) -> None:
    """Stripe's fee for a charge, in Stripe's settlement currency."""
    post(
        kind=Kind.FEE,
        reference=f"fee:{payment.pk}",
        currency=payment.fee_currency,
        order_id=payment.order_id,
        payment=payment,
        lines=[
            Line(account=Account.STRIPE_FEES, amount=-(payment.fee_amount or 0)),
            Line(account=Account.STRIPE, amount=payment.fee_amount or 0),
        ],
    )
