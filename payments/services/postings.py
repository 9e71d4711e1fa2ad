"""What the events of an order's money say to the books. All need the order's lock."""

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
    """Money came in; nobody's yet."""
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
    """An order is paid: its money becomes the sellers' and the shop's. Nothing for an order without a payment."""
    payment = (
        Payment.objects.filter(order=order, captured_amount__gt=0, is_surplus=False).order_by("-pk").first()
    )
    if payment is not None:
        payment.order = order
        post_sale_of(payment)


def post_sale_of(payment: Payment) -> None:
    """What is known of the order's parts and items is not read again."""
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
    """`shares` as they are when they sum to what was captured; else captured money in their proportion."""
    positive = {key: value for key, value in shares.items() if value > 0}
    return positive if sum(positive.values()) == amount else proportion(positive, amount)


@transaction.atomic
def post_refund(refund: Refund, *, shares: Mapping[int, int] | None = None) -> None:
    """Money is owed to the customer: each share of the sale gives in proportion, commission included.

    With `shares` each part gives its own (part id → minor units). What no share can give any more (a dispute took it) is
    the shop's loss.
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
    """False for money that came too late: it was never anybody's, and goes back whole."""
    return LedgerTransaction.objects.filter(payment=payment, kind=Kind.SALE).exists()


@transaction.atomic
def post_refund_state(refund: Refund) -> None:
    """The money is with the customer, or it came back, or the refund came to nothing."""
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
    """What Stripe keeps of a charge, in the currency that it settles in."""
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
