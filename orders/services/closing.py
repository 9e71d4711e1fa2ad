"""Closing orders: cancelled by somebody, or expired unpaid."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet

from config.shared.actor import Actor
from config.shared.errors import InvalidTransition
from orders.models import Order, OrderPart
from orders.services.coupons import give_coupons_back
from orders.services.returning import cancel_returns
from orders.services.stock import give_stock_back
from orders.services.timeline import SYSTEM, Doer, change_order, change_parts, doer, lock_order, with_parts
from orders.signals import order_cancelled, order_expired

logger = structlog.get_logger(__name__)
Due = tuple[datetime | None, int]  # when an order's hold ran out, and its id
CANCELLABLE = {Order.Status.PENDING_PAYMENT, Order.Status.PAID}


@transaction.atomic
def cancel_order(*, order_id: int, by: Actor | None, reason: str = "") -> Order:
    """Gives back stock and coupon; payments refunds. Raises InvalidTransition once anything has been shipped.

    Staff may also cancel a shipped order that is unpaid (cash on delivery): the customer refused the parcel. Its goods
    return to the stock they were taken from; staff write off what never comes back.
    """
    order = lock_order(order_id)
    left = [part for part in order.parts.all() if part.status != OrderPart.Status.CANCELLED]  # type: ignore[attr-defined]
    who = doer(by, otherwise="customer")
    was_refused = who.role == "admin" and not order.is_paid
    if order.status not in CANCELLABLE or not (was_refused or all(part.is_open for part in left)):
        raise InvalidTransition(status=order.status, allowed=[])
    before = order.stock
    cancel_returns(order, by=who)
    change_parts(left, OrderPart.Status.CANCELLED, by=who, reason=reason)
    finish_cancel(order, by=who, reason=reason)
    items = [item for part in left for item in part.items.all()]
    give_stock_back(order, items, state=before, reason="order cancelled")
    return order


def finish_cancel(order: Order, *, by: Doer, reason: str) -> None:
    """Brings the order in line with its cancelled parts. Needs its lock; the caller gives the stock back, last."""
    was_paid = order.is_paid
    close(order, Order.Status.CANCELLED, by=by, reason=reason)
    order_cancelled.send(sender=Order, order=order, was_paid=was_paid)


def close(order: Order, status: str, *, by: Doer, reason: str = "") -> None:
    over = {"hold_expires_at": None, "is_being_paid": False, "stock": Order.Stock.RELEASED}
    change_order(order, status, by=by, reason=reason, **over)
    give_coupons_back(order=order)


def expire_due_orders() -> int:
    """Expires every abandoned order (see OrderQuerySet), each in its own transaction; returns how many.

    A failure is logged and left for the next run; it does not stop the others.
    """
    count, found = 0, None
    while (found := next_due(found)) is not None:
        order_id = found[1]
        try:
            count += expire(order_id, among=due_orders())
        except Exception:
            logger.exception("expiry_failed", order=order_id)
    return count


def next_due(after: Due | None) -> Due | None:
    """The next due order by (hold, id) after `after`, so that a run tries each order only once."""
    due = due_orders().order_by("hold_expires_at", "pk")
    if after is not None:
        due = due.filter(hold_expires_at__gte=after[0]).exclude(hold_expires_at=after[0], pk__lte=after[1])
    return due.values_list("hold_expires_at", "pk").first()


def due_orders() -> QuerySet[Order]:
    """What `expire_due_orders` would expire now. `Order.objects.due()` also includes orders that are being paid."""
    return Order.objects.abandoned()


def expire_order(*, order_id: int) -> bool:
    """Expires an order that is still due, even one being paid; False if it is not due, or locked by another worker.

    Payments calls this once it has ended the open payment.
    """
    return expire(order_id, among=Order.objects.due())


@transaction.atomic
def expire(order_id: int, *, among: QuerySet[Order]) -> bool:
    order = among.filter(pk=order_id).select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if order is None:
        return False
    with_parts(order)
    before = order.stock
    parts = [part for part in order.parts.all() if part.status != OrderPart.Status.CANCELLED]  # type: ignore[attr-defined]
    change_parts(parts, OrderPart.Status.CANCELLED, by=SYSTEM, reason="not paid in time")
    close(order, Order.Status.EXPIRED, by=SYSTEM)
    order_expired.send(sender=Order, order=order)
    give_stock_back(
        order, [item for part in parts for item in part.items.all()], state=before, reason="order expired"
    )
    return True
