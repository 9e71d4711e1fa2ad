"""Returns of delivered goods: the customer requests them, the seller decides on and receives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.services import return_stock
from config.shared.actor import Actor
from config.shared.errors import InvalidTransition, NotFound, invalid
from config.shared.events import log
from orders.errors import NotReturnable, OrderUnpaid, ReturnWindowClosed
from orders.events import ReturnChanged
from orders.models import Order, OrderItem, OrderPart, Return, ReturnItem
from orders.services.stock import sum_up
from orders.services.timeline import Doer, doer, lock_order, note, save
from orders.signals import given_back, return_changed, return_received

Status = Return.Status


@dataclass(frozen=True, slots=True)
class Received:
    """How many units of an item came back, and whether they can be sold again."""

    quantity: int
    restock: bool = True


@transaction.atomic
def request_return(*, order_id: int, quantities: Mapping[int, int], reason: str, by: Actor | None) -> Return:
    """Requests to send back `quantities` (item id → how many) of one seller's delivered part.

    Raises InvalidTransition, ReturnWindowClosed, NotReturnable, and 400 for items that are not (all) of one part.
    """
    order = lock_order(order_id)
    items = find_items(order, quantities)
    part = items[0].part
    check_delivered(part)
    check_returnable(items, quantities)
    returned = Return.objects.create(order=order, part=part, currency=order.currency, reason=reason)
    rows = [ReturnItem(returned=returned, item=item, quantity=quantities[item.pk]) for item in items]
    ReturnItem.objects.bulk_create(rows)
    for item in items:
        count(item, returned_quantity=quantities[item.pk])
    tell(returned, by=doer(by, otherwise="customer"), data={"reason": reason})
    return returned


def find_items(order: Order, quantities: Mapping[int, int]) -> list[OrderItem]:
    """The items, in the order given; all must be of one part."""
    known: dict[int, OrderItem] = {item.pk: item for item in order.items.all()}  # type: ignore[attr-defined]
    for index, (item_id, quantity) in enumerate(quantities.items()):
        if item_id not in known:
            raise invalid(f"items/{index}/id", "There is no such item in this order.", "not_found")
        if quantity > known[item_id].quantity:
            bought = known[item_id].quantity
            raise invalid(f"items/{index}/quantity", f"Only {bought} were bought.", "out_of_range")
    items = [known[item_id] for item_id in quantities]
    if len({item.part_id for item in items}) > 1:
        raise invalid(
            "items", "A return is of one seller's goods: ask for one return each.", "several_sellers"
        )
    return items


def check_delivered(part: OrderPart) -> None:
    if part.status != OrderPart.Status.DELIVERED or part.delivered_at is None:
        raise InvalidTransition(status=part.status, allowed=["cancel"] if part.is_open else [])
    closed_at = part.delivered_at + settings.RETURN_WINDOW
    if timezone.now() >= closed_at:
        raise ReturnWindowClosed(closed_at=closed_at)


def check_returnable(items: list[OrderItem], quantities: Mapping[int, int]) -> None:
    short = [item for item in items if quantities[item.pk] > item.returnable]
    if short:
        raise NotReturnable(
            lines=[
                {"id": str(item.pk), "requested": quantities[item.pk], "returnable": item.returnable}
                for item in short
            ]
        )


def count(item: OrderItem, **changes: int) -> None:
    """Adds to an item's counters. Needs the order's lock; constraints are the last guard."""
    for name, change in changes.items():
        setattr(item, name, getattr(item, name) + change)
    item.save(update_fields=list(changes))


@transaction.atomic
def approve_return(*, return_id: int, by: Actor | None, reason: str = "") -> Return:
    returned = begin(return_id, "approve")
    save(returned, status=Status.APPROVED, note=reason, decided_at=timezone.now())
    tell(returned, by=doer(by, otherwise="seller"), previous=Status.REQUESTED, data=told(reason))
    return returned


@transaction.atomic
def reject_return(*, return_id: int, by: Actor | None, reason: str) -> Return:
    """The customer keeps the goods; their units can be requested again."""
    return end_return(return_id, "reject", Status.REJECTED, doer(by, otherwise="seller"), reason)


@transaction.atomic
def cancel_return(*, return_id: int, by: Actor | None) -> Return:
    """The customer withdraws the request."""
    return end_return(return_id, "cancel", Status.CANCELLED, doer(by, otherwise="customer"), "")


def cancel_returns(order: Order, *, by: Doer) -> None:
    """Cancels the pending returns of an order that is over. Needs its lock, with its parts and items loaded."""
    waiting = order.returns.filter(status__in=[Status.REQUESTED, Status.APPROVED])  # type: ignore[attr-defined]
    for returned in waiting.order_by("pk").prefetch_related("items"):
        link(returned, order)
        end(returned, Status.CANCELLED, by, "")


def end_return(return_id: int, step: str, status: str, by: Doer, reason: str) -> Return:
    return end(begin(return_id, step), status, by, reason)


def end(returned: Return, status: str, by: Doer, reason: str) -> Return:
    previous = returned.status
    for row in returned.items.all():  # type: ignore[attr-defined]
        count(row.item, returned_quantity=-row.quantity)
    save(returned, status=status, note=reason, decided_at=timezone.now())
    tell(returned, by=by, previous=previous, data=told(reason))
    return returned


@transaction.atomic
def receive_return(
    *,
    return_id: int,
    by: Actor | None,
    received: Mapping[int, Received] | None = None,
    restock: bool = True,
    reason: str = "",
) -> Return:
    """Restocks or writes off what came back (item id → how many; all if omitted) and refunds its price; the last
    goods of a part bring back its shipping fee too.

    Units that were approved but did not come can be requested again. Raises InvalidTransition, OrderUnpaid (a later
    settlement would still collect the price of what came back), and 400 for what the return does not have. Stock comes
    last.
    """
    returned = begin(return_id, "receive")
    rows = list(returned.items.all())  # type: ignore[attr-defined]
    amount = take_in(rows, check_received(rows, received, restock))
    if amount:
        is_last = ends_sale(returned.part)
        amount += shipping_of(returned.part) if is_last else 0
        about = {"returned": returned, "amount": amount, "is_last": is_last}
        amount = given_back(return_received, sender=Return, **about)
    save(returned, status=Status.RECEIVED, note=reason, refund_amount=amount, received_at=timezone.now())
    tell(returned, by=doer(by, otherwise="seller"), previous=Status.APPROVED, data=told(reason))
    demand = sum_up((row.item, row.restocked_quantity) for row in rows)
    if demand:
        return_stock(demand=demand, reference=returned.order.stock_reference, reason=f"return {returned.pk}")
    return returned


def check_received(
    rows: list[ReturnItem], received: Mapping[int, Received] | None, restock: bool
) -> Mapping[int, Received]:
    asked = {row.item_id: row.quantity for row in rows}
    if received is None:
        return {item_id: Received(quantity, restock) for item_id, quantity in asked.items()}
    for index, (item_id, arrival) in enumerate(received.items()):
        if item_id not in asked:
            raise invalid(f"items/{index}/id", "There is no such item in this return.", "not_found")
        if arrival.quantity > asked[item_id]:
            raise invalid(f"items/{index}/quantity", f"The return is of {asked[item_id]}.", "out_of_range")
    return received


def take_in(rows: list[ReturnItem], received: Mapping[int, Received]) -> int:
    """Counts what arrived; returns what is due back for it, in minor units."""
    amount = 0
    for row in rows:
        arrival = received.get(row.item_id, Received(0))
        amount += row.item.due_back(arrival.quantity)
        row.received_quantity = arrival.quantity
        row.restocked_quantity = arrival.quantity if arrival.restock else 0
        row.save(update_fields=["received_quantity", "restocked_quantity"])
        missing = row.quantity - arrival.quantity
        count(row.item, returned_quantity=-missing, received_quantity=arrival.quantity)
    return amount


def ends_sale(part: OrderPart) -> bool:
    """Whether the price of all goods has gone back, so that the shipping fee does too: a withdrawal undoes all of it.

    The fee goes back whole even if a cheaper option existed: the shop cannot know which the customer would have taken.
    """
    items = list(part.items.all())  # type: ignore[attr-defined]
    return settings.RETURN_REFUNDS_SHIPPING and all(item.gone_quantity >= item.quantity for item in items)


def shipping_of(part: OrderPart) -> int:
    """The shipping fee with its tax."""
    return part.total_amount - sum(item.charged_amount for item in part.items.all())  # type: ignore[attr-defined]


def begin(return_id: int, step: str) -> Return:
    """The return with its order locked; raises InvalidTransition or OrderUnpaid if the step is not possible now."""
    order_id = Return.objects.values_list("order_id", flat=True).filter(pk=return_id).first()
    if order_id is None:
        raise NotFound
    order = lock_order(order_id)
    returned = Return.objects.prefetch_related("items").get(pk=return_id)
    link(returned, order)
    if step not in returned.steps:
        raise InvalidTransition(status=returned.status, allowed=returned.allowed)
    if step not in returned.allowed:
        raise OrderUnpaid
    return returned


def link(returned: Return, order: Order) -> None:
    """Points the return at the rows of the locked order instead of copies."""
    items = {item.pk: item for item in order.items.all()}  # type: ignore[attr-defined]
    for row in returned.items.all():  # type: ignore[attr-defined]
        row.item = items[row.item_id]
    returned.order = order
    returned.part = next(part for part in order.parts.all() if part.pk == returned.part_id)  # type: ignore[attr-defined]


def told(reason: str) -> dict[str, Any]:
    return {"reason": reason} if reason else {}


def tell(returned: Return, *, by: Doer, data: dict[str, Any], previous: str = "") -> None:
    """Writes timeline and event log, sends the signal and increments the order's version."""
    order, part = returned.order, returned.part
    save(order)
    values = {"status": returned.status, "previous_status": previous}
    note(order, ReturnChanged, by=by, part=part, data={"return": str(returned.pk), **data}, **values).save()
    event = ReturnChanged(
        order=str(order.pk),
        number=order.number,
        part=str(part.pk),
        return_id=str(returned.pk),
        status=returned.status,
    )
    log.append(event, audiences=part.audiences())
    return_changed.send(sender=Return, returned=returned)
