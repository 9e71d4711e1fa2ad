"""Disputes: the customer's bank takes the money back at once; the sellers' share is reserved until the decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.shared.events import log
from config.shared.money import Money
from orders.models import Order
from payments import gateway
from payments.errors import IntentMismatch
from payments.events import OrderDisputed
from payments.intents import RefundAnswer, our_amount
from payments.models import Account, Dispute, LedgerTransaction, Payment, Refund
from payments.services.books import Kind, Line, lines_of, post, shares_left, take
from payments.services.intents import lock_payment
from payments.services.refunds import apply_refund, audiences_of, request_refund
from payments.signals import dispute_changed

Status = Dispute.Status
STATUSES = {
    "needs_response": Status.OPEN,
    "under_review": Status.OPEN,
    "won": Status.WON,
    "lost": Status.LOST,
}
ORDER = [Status.INQUIRY, Status.OPEN, Status.WON, Status.LOST, Status.CLOSED]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeAnswer:
    """A provider's dispute. `fees` are the provider's charges for it, by the movement's id: (minor units, currency)."""

    id: str
    status: str
    reason: str
    money: Money
    intent: str
    due_by: datetime | None
    fees: Mapping[str, tuple[int, str]]


def read_dispute(reference: str) -> DisputeAnswer:
    """Raises StripeDown, InvalidRequestError."""
    data = gateway.call(lambda client: client.v1.disputes.retrieve(reference)).to_dict()
    currency = data["currency"].upper()
    due = (data.get("evidence_details") or {}).get("due_by")
    return DisputeAnswer(
        id=data["id"],
        status=status_of(data["status"]),
        reason=data["reason"][:64],
        money=Money(our_amount(data["amount"], currency), currency),
        intent=data.get("payment_intent") or "-",
        due_by=datetime.fromtimestamp(due, UTC) if due else None,
        fees={
            moved["id"]: fee_of(moved) for moved in data.get("balance_transactions") or [] if moved.get("fee")
        },
    )


def fee_of(moved: Mapping[str, Any]) -> tuple[int, str]:
    """The fee in Stripe's settlement currency, whose minor unit may differ from ours."""
    currency = moved["currency"].upper()
    return our_amount(moved["fee"], currency), currency


def status_of(theirs: str) -> str:
    if theirs.startswith("warning_"):
        return Status.CLOSED if theirs == "warning_closed" else Status.INQUIRY
    return STATUSES.get(theirs, Status.CLOSED)


def take_dispute(reference: str, *, before: Callable[[Payment], None] = lambda payment: None) -> bool:
    """Stores the provider's state of a dispute; returns whether it is about a payment of ours. Not in a transaction.

    `before` is called with the payment first.
    """
    answer = read_dispute(reference)
    payment = Payment.objects.with_intent(answer.intent).first()
    if payment is None:
        return False
    before(payment)
    apply_dispute(payment_id=payment.pk, answer=answer)
    return True


@transaction.atomic
def apply_dispute(*, payment_id: int, answer: DisputeAnswer) -> Dispute:
    """Stores the provider's state, moving only forward. Raises IntentMismatch for another currency."""
    payment = lock_payment(payment_id)
    if answer.money.currency != payment.currency or not payment.captured_amount:
        raise IntentMismatch
    dispute = Dispute.objects.filter(provider_reference=answer.id).first()
    before = dispute.status if dispute else ""
    dispute = dispute or Dispute(payment=payment, provider_reference=answer.id, amount=answer.money.amount)
    if dispute.is_closed or (before and ORDER.index(Status(before)) > ORDER.index(Status(answer.status))):
        return dispute
    dispute.status, dispute.reason, dispute.due_by = answer.status, answer.reason, answer.due_by
    dispute.currency = answer.money.currency
    dispute.closed_at = timezone.now() if dispute.is_closed else None
    dispute.save()
    dispute.payment = payment
    post_fees(dispute, answer.fees)
    if dispute.status != before:
        follow(dispute)
        tell(dispute)
    return dispute


def follow(dispute: Dispute) -> None:
    """Applies the new state to books and refunds, catching up on a missed opening."""
    if dispute.status in (Status.OPEN, Status.WON, Status.LOST):
        post_opened(dispute)
    if dispute.status == Status.WON:
        post_won(dispute)
    elif dispute.status == Status.LOST:
        fail_refunds(dispute)
        post_lost(dispute)


def fail_refunds(dispute: Dispute) -> None:
    """Fails pending refunds that exceed what the lost dispute left, and requests again what still fits.

    The latest refund is reduced first. Refunds that Stripe has accepted are left to Stripe's answer.
    """
    payment = dispute.payment
    pending = Refund.objects.filter(payment=payment, status=Refund.Status.PENDING, provider_reference="")
    for refund in pending.select_related("part").order_by("-pk"):
        rest = refund.amount + Payment.objects.with_left().get(pk=payment.pk).left_amount
        if rest >= refund.amount:
            return
        apply_refund(
            refund_id=refund.pk, answer=RefundAnswer(id="", status="failed", failure_code="disputed")
        )
        if rest > 0:
            request_refund(
                payment=payment, amount=rest, reason=refund.reason, part=refund.part, note=refund.note
            )


def tell(dispute: Dispute) -> None:
    order: Order = dispute.payment.order
    event = OrderDisputed(order=str(order.pk), dispute=str(dispute.pk), status=dispute.status)
    log.append(event, audiences=audiences_of(order))
    dispute_changed.send(sender=Dispute, dispute=dispute, order=order)


def write(dispute: Dispute, kind: str, lines: list[Line]) -> None:
    post(
        kind=kind,
        reference=f"{kind}:{dispute.pk}",
        currency=dispute.currency,
        order_id=dispute.payment.order_id,
        payment=dispute.payment,
        dispute=dispute,
        lines=lines,
    )


def post_opened(dispute: Dispute) -> None:
    """The bank has the money; the sellers' earnings from it are reserved."""
    if LedgerTransaction.objects.filter(dispute=dispute, kind=Kind.DISPUTE).exists():
        return
    taken = take(shares_left(dispute.payment), dispute.amount)
    sellers = {key: amount for key, amount in taken.items() if key[2] == Account.SELLER_PAYABLE}
    write(dispute, Kind.DISPUTE, [*moved(dispute, -1), *reserve(sellers)])


def moved(dispute: Dispute, sign: int) -> list[Line]:
    """Moves the amount between the balance at Stripe and the `disputes` account."""
    return [
        Line(account=Account.STRIPE, amount=-sign * dispute.amount),
        Line(account=Account.DISPUTES, amount=sign * dispute.amount),
    ]


def reserve(sellers: Mapping[tuple[int, int, str], int], sign: int = 1) -> list[Line]:
    there = {(part, seller, str(Account.RESERVE)): amount for (part, seller, _), amount in sellers.items()}
    return [*lines_of(dict(sellers), -sign), *lines_of(there, sign)]


def reserved(dispute: Dispute) -> dict[tuple[int, int, str], int]:
    opened = LedgerTransaction.objects.get(dispute=dispute, kind=Kind.DISPUTE)
    entries: Any = opened.entries.filter(account=Account.RESERVE).order_by("pk")  # type: ignore[attr-defined]
    return {(one.part_id, one.seller_id, str(Account.SELLER_PAYABLE)): one.amount for one in entries}


def post_won(dispute: Dispute) -> None:
    write(dispute, Kind.DISPUTE_WON, [*moved(dispute, 1), *reserve(reserved(dispute), -1)])


def post_lost(dispute: Dispute) -> None:
    """Reduces every share in proportion, like a refund. What no share can cover stays in `disputes`: the shop's loss."""
    taken = take(shares_left(dispute.payment), dispute.amount)
    given = Line(account=Account.DISPUTES, amount=sum(taken.values()))
    write(dispute, Kind.DISPUTE_LOST, [*reserve(reserved(dispute), -1), *lines_of(taken, -1), given])


def post_fees(dispute: Dispute, fees: Mapping[str, tuple[int, str]]) -> None:
    """The shop bears the fees of a dispute; winning it may return them."""
    known = set(
        LedgerTransaction.objects.filter(dispute=dispute, kind=Kind.FEE).values_list("reference", flat=True)
    )
    for movement, (fee, currency) in fees.items():
        reference = f"dispute_fee:{movement}"[:80]
        if reference in known:
            continue
        post(
            kind=Kind.FEE,
            reference=reference,
            currency=currency,
            order_id=dispute.payment.order_id,
            payment=dispute.payment,
            dispute=dispute,
            lines=[Line(account=Account.STRIPE_FEES, amount=-fee), Line(account=Account.STRIPE, amount=fee)],
        )
