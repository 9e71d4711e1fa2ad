"""A seller takes units out of a part that cannot be sent; what they cost goes back."""

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
    """Takes `quantities` (item id → how many of those not shipped) out of a paid part; the line's amounts stay frozen.

    Raises InvalidTransition, OrderUnpaid (what is due then is still to be paid whole), LastItems when nothing would be
    left, and 400 for what the part does not have. With nothing more to be shipped, the part is shipped.
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
    """Returns what is due back for it, in minor units."""
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
