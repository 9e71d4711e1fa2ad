"""A seller's steps with their part of an order; the order's status follows."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from catalog.services import sell_holds
from config.shared.actor import Actor
from config.shared.errors import InvalidTransition, invalid
from orders.errors import OrderUnpaid
from orders.models import Order, OrderPart, Shipment, ShipmentItem
from orders.services.closing import finish_cancel
from orders.services.stock import give_stock_back
from orders.services.timeline import (
    Doer,
    change_parts,
    doer,
    follow_parts,
    lock_order,
    remember,
    save,
    tell_shipped,
)
from orders.signals import part_changed, part_shipped

Status = OrderPart.Status
# The statuses from which each step is allowed.
STEPS: Mapping[str, set[str]] = {
    "accept": {Status.PENDING},
    "ship": {Status.ACCEPTED, Status.PARTIALLY_SHIPPED},
    "remove": {Status.PENDING, Status.ACCEPTED, Status.PARTIALLY_SHIPPED},
    "deliver": {Status.SHIPPED},
    "cancel": {Status.PENDING, Status.ACCEPTED},
}


def begin(part_id: int, step: str) -> OrderPart:
    """The part with its order locked; raises InvalidTransition if the step is not possible now.

    Until the order is paid (or may ship unpaid) a seller can only cancel.
    """
    order_id = OrderPart.objects.values_list("order_id", flat=True).get(pk=part_id)
    order = lock_order(order_id)
    part: OrderPart = next(part for part in order.parts.all() if part.pk == part_id)  # type: ignore[attr-defined]
    possible = [name for name, sources in STEPS.items() if part.status in sources]
    allowed = possible if order.can_ship else [name for name in possible if name == "cancel"]
    if step not in allowed:
        waits = step in possible
        raise InvalidTransition(status=order.status if waits else part.status, allowed=allowed)
    return part


def complete(part: OrderPart, status: str, *, by: Doer, reason: str = "", **columns: object) -> None:
    """Writes the part's new status, announces it and updates the order's status."""
    change_parts([part], status, by=by, reason=reason, **columns)
    part_changed.send(sender=OrderPart, part=part, status=part.status)
    follow_parts(part.order, by=by)


@transaction.atomic
def accept_part(*, part_id: int, by: Actor | None) -> OrderPart:
    part = begin(part_id, "accept")
    complete(part, Status.ACCEPTED, by=doer(by, otherwise="seller"))
    return part


@transaction.atomic
def ship_part(
    *,
    part_id: int,
    by: Actor | None,
    quantities: Mapping[int, int] | None = None,
    carrier: str = "",
    tracking_number: str = "",
) -> Shipment:
    """Ships `quantities` (item id → how many, at most what remains) in one parcel, or all that remains.

    Goods that leave before they are paid (cash on delivery) are sold now, so that their hold cannot run out.
    Raises InvalidTransition, and 400 for items or units that the part does not have.
    """
    part = begin(part_id, "ship")
    who = doer(by, otherwise="seller")
    shipment = pack(part, quantities or remaining(part), carrier=carrier, tracking_number=tracking_number)
    order, is_held = part.order, part.order.stock == Order.Stock.HELD
    if is_held:
        save(order, stock=Order.Stock.SOLD, hold_expires_at=None)
    announce(shipment, Status.PARTIALLY_SHIPPED if remaining(part) else Status.SHIPPED, by=who)
    if is_held:
        sell_holds(reference=order.stock_reference)
    return shipment


def announce(shipment: Shipment, status: str, *, by: Doer) -> None:
    """Announces the parcel; a further one may leave the part's status unchanged."""
    part = shipment.part
    tell_shipped(shipment, status, by=by)
    part_shipped.send(sender=OrderPart, part=part, shipment=shipment)
    if status != part.status:
        complete(part, status, by=by)
    else:
        save(part)
        save(part.order)


def remaining(part: OrderPart) -> dict[int, int]:
    return {item.pk: item.remaining for item in part.items.all() if item.remaining}  # type: ignore[attr-defined]


def pack(part: OrderPart, quantities: Mapping[int, int], *, carrier: str, tracking_number: str) -> Shipment:
    """Writes the shipment and counts its items. Needs the order's lock."""
    check_remaining(quantities, part)
    shipment = Shipment.objects.create(part=part, carrier=carrier, tracking_number=tracking_number)
    items = [item for item in part.items.all() if item.pk in quantities]  # type: ignore[attr-defined]
    for item in items:
        item.shipped_quantity += quantities[item.pk]
        item.save(update_fields=["shipped_quantity"])
    rows = [ShipmentItem(shipment=shipment, item=item, quantity=quantities[item.pk]) for item in items]
    remember(shipment, "items", ShipmentItem.objects.bulk_create(rows))
    return shipment


def check_remaining(quantities: Mapping[int, int], part: OrderPart) -> None:
    """Raises a 400 that points at the first item (in the order given) that the part lacks, or has too few units of."""
    items = {item.pk: item for item in part.items.all()}  # type: ignore[attr-defined]
    for index, (item_id, quantity) in enumerate(quantities.items()):
        if item_id not in items:
            raise invalid(f"items/{index}/id", "There is no such item in this part.", "not_found")
        if not 0 < quantity <= items[item_id].remaining:
            left = items[item_id].remaining
            raise invalid(f"items/{index}/quantity", f"{left} remain to be shipped.", "out_of_range")


@transaction.atomic
def deliver_part(*, part_id: int, by: Actor | None) -> OrderPart:
    part = begin(part_id, "deliver")
    complete(part, Status.DELIVERED, by=doer(by, otherwise="seller"), delivered_at=timezone.now())
    return part


@transaction.atomic
def cancel_part(*, part_id: int, by: Actor | None, reason: str) -> OrderPart:
    """The seller cannot deliver: stock goes back, payments refunds the part; cancelling the last part ends the order.

    Raises InvalidTransition once anything was shipped, OrderUnpaid for one part of several before the payment.
    """
    part = begin(part_id, "cancel")
    order, who = part.order, doer(by, otherwise="seller")
    others = [other for other in order.parts.all() if other is not part and other.status != Status.CANCELLED]  # type: ignore[attr-defined]
    if others and not order.is_paid:
        raise OrderUnpaid
    before = order.stock
    change_parts([part], Status.CANCELLED, by=who, reason=reason, cancel_reason=reason)
    part_changed.send(sender=OrderPart, part=part, status=part.status)
    if others:
        follow_parts(order, by=who)
    else:
        finish_cancel(order, by=who, reason=reason)
    give_stock_back(order, part.items.all(), state=before, reason=f"cancelled by the seller: {reason}")  # type: ignore[attr-defined]
    return part
