"""A seller removes units that cannot be sent from a part; their price is refunded."""

from collections.abc import Mapping

from django.db import transaction

from catalog.services import return_stock
from config.shared.actor import Actor
from config.shared.events import log
from orders.errors import LastItems, OrderUnpaid
from orders.events import ItemsRemoved
from orders.models import OrderItem, OrderPart
from orders.services.fulfilment import begin, check_remaining, complete, remaining
from orders.services.stock import sum_up
from orders.services.timeline import Doer, doer, note, save
from orders.signals import given_back, items_removed


@transaction.atomic
def remove_items(*, part_id: int, by: Actor | None, quantities: Mapping[int, int], reason: str) -> OrderPart:
    """Takes `quantities` (item id → how many unshipped units) out of a paid part; the line's amounts stay frozen.

    Raises InvalidTransition, OrderUnpaid (the customer would still have to pay the full total), LastItems if nothing
    would be left, and 400 for items or units that the part does not have. If nothing is left to ship, the part becomes
    shipped.
    """
    part = begin(part_id, "remove")
    if not part.order.is_paid:
        raise OrderUnpaid
    check_remaining(quantities, part)
    items = {item.pk: item for item in part.items.all()}  # type: ignore[attr-defined]
    if sum(item.kept for item in items.values()) == sum(quantities.values()):
        raise LastItems
    who = doer(by, otherwise="seller")
    amount = sum(take_out(items[item_id], quantity) for item_id, quantity in quantities.items())
    tell_removed(part, quantities, amount, reason, by=who)
    taken = sum_up((items[item_id], quantity) for item_id, quantity in quantities.items())
    if taken:
        reference = part.order.stock_reference
        return_stock(demand=taken, reference=reference, reason=f"removed by the seller: {reason}")
    return part


def take_out(item: OrderItem, quantity: int) -> int:
    """Counts the units as cancelled; returns what is due back for them, in minor units."""
    amount = item.due_back(quantity)
    item.cancelled_quantity += quantity
    item.save(update_fields=["cancelled_quantity"])
    return amount


def tell_removed(
    part: OrderPart, quantities: Mapping[int, int], amount: int, reason: str, *, by: Doer
) -> None:
    order = part.order
    if amount:
        amount = given_back(items_removed, sender=OrderPart, part=part, amount=amount)
    data = {
        "reason": reason,
        "items": [{"id": str(item_id), "quantity": quantity} for item_id, quantity in quantities.items()],
        "refund": {"amount": amount, "currency": part.currency},
    }
    note(order, ItemsRemoved, by=by, part=part, data=data).save()
    event = ItemsRemoved(order=str(order.pk), number=order.number, part=str(part.pk))
    log.append(event, audiences=part.audiences())
    if remaining(part):
        save(part)
        save(order)
    else:
        complete(part, OrderPart.Status.SHIPPED, by=by)
