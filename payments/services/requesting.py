"""Refunds on request: by an administrator for an order, by a seller for their part of one."""

from collections.abc import Callable, Mapping

from django.db import transaction

from config.shared.errors import invalid
from config.shared.money import Money
from orders.models import Order, OrderItem, OrderPart
from orders.services import count_refunded
from payments.errors import NothingToRefund, PaymentDisputed, RefundTooLarge
from payments.models import Dispute, Payment, Refund, RefundItem
from payments.providers import sendable, step_of
from payments.services.refunds import left_of_part, request_refund


@transaction.atomic
def ask_refund(
    *,
    order_id: int,
    seller_id: int | None,
    amount: Money | None,
    items: Mapping[int, int],
    reason: str,
    begin: Callable[[int], None],
) -> Refund:
    """Claims `amount`, or the price of `items` (id to quantity), or without both all that is left.

    A unit's price goes back once, by a refund, a return or a removal. A `seller_id` limits it to that seller's part.
    `begin(refund id)` runs in the same transaction. Raises NotRefundable, NothingToRefund, PaymentDisputed,
    RefundTooLarge, ValidationError.
    """
    order = Order.objects.locked().get(pk=order_id)
    parts = find_parts(order, seller_id, find_items(order, seller_id, items))
    due = count_refunded(order_id=order_id, quantities=items) if items else {}
    payment = refundable(order)
    shares = {part_id: sendable(payment, share) for part_id, share in due.items()}
    left = sendable(payment, left_of(payment, parts, shares))
    refund = request_refund(
        payment=payment,
        amount=checked(order, wanted(payment, amount, shares, left), left),
        reason=Refund.Reason.REQUESTED,
        part=parts[0] if len(parts) == 1 else None,
        note=reason,
        shares=shares if len(parts) > 1 else None,
    )
    rows = [
        RefundItem(refund=refund, item_id=item_id, quantity=quantity) for item_id, quantity in items.items()
    ]
    RefundItem.objects.bulk_create(rows)
    begin(refund.pk)
    return refund


def find_items(order: Order, seller_id: int | None, items: Mapping[int, int]) -> list[OrderItem]:
    """The items, in the order of `items`; another seller's count as missing."""
    rows = OrderItem.objects.filter(order=order, pk__in=items).select_related("part")
    found = {item.pk: item for item in rows if seller_id in {None, item.part.seller_id}}
    for index, (item_id, quantity) in enumerate(items.items()):
        if item_id not in found:
            raise invalid(f"items/{index}/id", "There is no such item in this order.", "not_found")
        if quantity > found[item_id].quantity:
            raise invalid(f"items/{index}/quantity", "More than what was ordered.", "too_many")
    return [found[item_id] for item_id in items]


def find_parts(order: Order, seller_id: int | None, lines: list[OrderItem]) -> list[OrderPart]:
    """The parts concerned; an empty list means the whole order."""
    if seller_id is not None:
        return [OrderPart.objects.get(order=order, seller=seller_id)]
    parts = {line.part_id: line.part for line in lines}
    return [parts[part_id] for part_id in sorted(parts)]


def refundable(order: Order) -> Payment:
    captured = Payment.objects.refundable().filter(order=order, is_surplus=False)
    payment = captured.select_for_update(no_key=True, of=("self",)).first()
    if payment is None:
        raise NothingToRefund
    if payment.disputes.filter(status=Dispute.Status.OPEN).exists():
        raise PaymentDisputed
    return payment


def left_of(payment: Payment, parts: list[OrderPart], shares: Mapping[int, int]) -> int:
    """The most that can be refunded for these parts. Raises RefundTooLarge if a share exceeds what its part has left."""
    lefts = {part.pk: left_of_part(part) for part in parts}
    for part_id, share in shares.items() if len(parts) > 1 else ():
        if share > lefts[part_id]:
            raise RefundTooLarge(part=str(part_id), left=Money(lefts[part_id], payment.currency).as_json())
    whole: int = payment.left_amount  # type: ignore[attr-defined]
    return min(whole, sum(lefts.values())) if parts else whole


def wanted(payment: Payment, amount: Money | None, shares: Mapping[int, int], left: int) -> int:
    """In minor units: the amount requested, or what can be sent for the items, or all that is left."""
    if amount is not None and amount.currency != payment.currency:
        raise invalid("amount/currency", f"This order is in {payment.currency}.")
    if amount is not None and amount.amount % (step := step_of(payment)):
        raise invalid("amount", f"The provider sends multiples of {step} minor units only.", "not_a_multiple")
    if amount is not None:
        return amount.amount
    return sum(shares.values()) if shares else left


def checked(order: Order, amount: int, left: int) -> int:
    if left <= 0:
        raise NothingToRefund
    if amount > left:
        raise RefundTooLarge(left=Money(left, order.currency).as_json())
    if amount <= 0:
        raise invalid("amount", "There is nothing to give back for that.")
    return amount
