"""Every change of an order or a part goes through here: column, version, timeline and event log together.

All functions need the order's row locked (see `lock_order`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, prefetch_related_objects

from accounts.models import User
from config.shared import staff
from config.shared.actor import Actor, seller_audience
from config.shared.events import log
from config.shared.events.declared import Event
from config.shared.postgres import writes
from config.shared.postgres.compiled import Blank, Compiled
from orders.events import OrderClaimed, OrderShipped, OrderStatusChanged
from orders.models import Order, OrderEvent, OrderPart, Return, Shipment


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acted, as the timeline shows it: customer, seller, admin or system."""

    role: str
    user_id: int | None = None


SYSTEM = Doer("system")


def doer(actor: Actor | None, *, otherwise: str) -> Doer:
    """No actor is the system; staff are shown as such, not as the customer or seller for whom they act."""
    if actor is None:
        return SYSTEM
    is_staff = staff.may(actor, "orders.change_order")
    return Doer("admin" if is_staff else otherwise, actor.user_id)


def lock_order(order_id: int) -> Order:
    """The order with parts and items, its row locked until the commit. Raises Order.DoesNotExist."""
    return with_parts(locked_order(order_id))


ORDER: Any = Blank("order")
LOCKED = Compiled(lambda: Order.objects.locked().filter(pk=ORDER))


def locked_order(order_id: int) -> Order:
    """The order alone, its row locked until the commit. Raises Order.DoesNotExist."""
    for order in LOCKED.rows(order=order_id):
        return order
    raise Order.DoesNotExist


def with_parts(order: Order) -> Order:
    """Reads parts and items into a locked order; both directions of a relation share the same objects."""
    prefetch_related_objects([order], "parts", "items")
    link(order)
    return order


def link(order: Order) -> None:
    parts = {part.pk: part for part in order.parts.all()}  # type: ignore[attr-defined]
    for part in parts.values():
        part.order = order
    for item in order.items.all():  # type: ignore[attr-defined]
        item.order, item.part = order, parts[item.part_id]
    for part in parts.values():
        remember(part, "items", [item for item in order.items.all() if item.part_id == part.pk])  # type: ignore[attr-defined]


def remember(row: Any, relation: str, related: list[Any]) -> None:
    """Fills a reverse relation's prefetch cache with rows that are already known."""
    rows: QuerySet = getattr(row, relation).all()
    rows._result_cache, rows._prefetch_done = related, True  # type: ignore[attr-defined]
    row._prefetched_objects_cache = getattr(row, "_prefetched_objects_cache", {}) | {relation: rows}


def everybody(order: Order) -> list[str]:
    """The audiences of changes to the whole order: customer, administrators, all its sellers."""
    return [*order.audiences(), *(seller_audience(part.seller_id) for part in order.parts.all())]  # type: ignore[attr-defined]


def note(
    order: Order, event: type[Event], *, by: Doer, part: OrderPart | None = None, **values: Any
) -> OrderEvent:
    """An unsaved timeline row of the log event's type."""
    values.setdefault("status", part.status if part is not None else order.status)
    return OrderEvent(order=order, part=part, type=event.type, by=by.role, by_user=by.user_id, **values)


def change_order(order: Order, status: str, *, by: Doer, reason: str = "", **columns: Any) -> None:
    """Gives the order its new status and announces it to everybody."""
    previous = order.status
    save(order, status=status, **columns)
    data = {"reason": reason} if reason else {}
    writes.insert_later(note(order, OrderStatusChanged, by=by, previous_status=previous, data=data))
    log.append(status_event(order, previous), audiences=everybody(order))


def change_parts(
    parts: Iterable[OrderPart], status: str, *, by: Doer, reason: str = "", **columns: Any
) -> None:
    """Gives parts of one order their new status and announces each to those whom it concerns."""
    data = {"reason": reason} if reason else {}
    notes, events = [], []
    for part in parts:
        previous = part.status
        save(part, status=status, **columns)
        notes.append(
            note(part.order, OrderStatusChanged, by=by, part=part, previous_status=previous, data=data)
        )
        events.append((status_event(part.order, previous, part), part.audiences()))
    writes.insert_later(*notes)
    log.append_all(events)


def change_owner(orders: Sequence[Order], user: User) -> None:
    """Makes guests' orders the user's in one statement, and announces each to the user."""
    for order in orders:
        order.user, order.version = user, order.version + 1
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(user=user, version=F("version") + 1)
    customer = Doer("customer", user.pk)
    writes.insert_later(*(note(order, OrderClaimed, by=customer) for order in orders))
    log.append_all(
        (OrderClaimed(order=str(order.pk), number=order.number, status=order.status), order.audiences())
        for order in orders
    )


def tell_shipped(shipment: Shipment, status: str, *, by: Doer) -> None:
    """`status` is the part's status after the shipment."""
    part = shipment.part
    data = {"shipment": str(shipment.pk)}
    writes.insert_later(note(part.order, OrderShipped, by=by, part=part, data=data, status=status))
    event = OrderShipped(
        order=str(part.order_id),
        number=part.order.number,
        part=str(part.pk),
        shipment=str(shipment.pk),
        part_status=status,
    )
    log.append(event, audiences=part.audiences())


def status_event(order: Order, previous: str, part: OrderPart | None = None) -> OrderStatusChanged:
    return OrderStatusChanged(
        order=str(order.pk),
        number=order.number,
        status=order.status,
        previous_status=order.status if part is not None else previous,
        part=str(part.pk) if part is not None else None,
        part_status=part.status if part is not None else None,
    )


def save(row: Order | OrderPart | Return, **columns: Any) -> None:
    """Writes columns and increments the version."""
    for name, value in columns.items():
        setattr(row, name, value)
    row.version += 1
    writes.update_later(row, *columns, "version")


def settled_status(order: Order) -> str:
    """The order's status as its parts imply it; an unpaid order stays pending unless all parts are cancelled."""
    left = {part.status for part in order.parts.all()} - {OrderPart.Status.CANCELLED}  # type: ignore[attr-defined]
    delivered, shipped = {OrderPart.Status.DELIVERED}, {OrderPart.Status.SHIPPED, OrderPart.Status.DELIVERED}
    if not left:
        return Order.Status.CANCELLED
    if not order.is_paid:
        return Order.Status.PENDING_PAYMENT
    if left <= delivered:
        return Order.Status.DELIVERED
    if left <= shipped:
        return Order.Status.SHIPPED
    is_under_way = left & {*shipped, OrderPart.Status.PARTIALLY_SHIPPED}
    return Order.Status.PARTIALLY_SHIPPED if is_under_way else Order.Status.PAID


def follow_parts(order: Order, *, by: Doer) -> None:
    """Updates the order's status from its parts; increments its version in any case."""
    if (status := settled_status(order)) != order.status:
        change_order(order, status, by=by)
    else:
        save(order)
