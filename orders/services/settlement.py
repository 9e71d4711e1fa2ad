"""What payments reports: the order is paid, needs more time, may ship unpaid, was refunded."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.errors import OutOfStock
from catalog.services import extend_holds, sell_holds, sell_stock
from orders.errors import CannotComplete, CouponExhausted
from orders.models import Order, OrderEvent, OrderItem, OrderPart
from orders.services.coupons import use_coupons_again
from orders.services.stock import demand_of
from orders.services.timeline import SYSTEM, change_order, change_parts, lock_order, save, settled_status
from orders.signals import order_paid

REFUNDED = "order.refunded"  # also the type of payments' log event


@transaction.atomic
def mark_order_paid(*, order_id: int) -> Order:
    """The whole total has arrived: held stock is sold. A repeat changes nothing.

    An expired order is revived if its goods and its coupon are still available. Raises CannotComplete if they are not,
    and for a cancelled order: the money has to go back.
    """
    order = lock_order(order_id)
    if order.status == Order.Status.CANCELLED:
        raise CannotComplete(status_now=order.status)
    if order.is_paid:
        return order
    if order.status == Order.Status.EXPIRED:
        take_coupon_back(order)
        change_parts(order.parts.all(), OrderPart.Status.PENDING, by=SYSTEM)  # type: ignore[attr-defined]
    settle(order)
    return order


def take_coupon_back(order: Order) -> None:
    """Raises CannotComplete if another order has taken the use that the expiry gave back."""
    try:
        use_coupons_again(order=order)
    except CouponExhausted as problem:
        raise CannotComplete(status_now=order.status) from problem


def settle(order: Order) -> None:
    """Needs the order's lock. Stock comes last, after the receivers."""
    before, order.paid_at = order.stock, timezone.now()
    change_order(
        order,
        settled_status(order),
        by=SYSTEM,
        paid_at=order.paid_at,
        hold_expires_at=None,
        is_being_paid=False,
        stock=Order.Stock.SOLD,
    )
    order_paid.send(sender=Order, order=order)
    if before != Order.Stock.SOLD:
        sell(order)


def sell(order: Order) -> None:
    """Sells the held stock, or what is available now if nothing is held. Raises CannotComplete."""
    if sell_holds(reference=order.stock_reference):
        return
    left = [item for item in order.items.all() if item.part.status != OrderPart.Status.CANCELLED]  # type: ignore[attr-defined]
    try:
        sell_stock(demand=demand_of(left), reference=order.stock_reference)
    except OutOfStock as problem:
        raise CannotComplete(status_now=Order.Status.EXPIRED, **problem.members) from problem


def extend_order_hold(*, order: Order, days: float) -> Order:
    """Keeps the stock for at least `days` from now. Needs the order's lock, and `order` as freshly read.

    Raises CannotComplete, changing nothing, unless the order awaits its payment.
    """
    if order.status != Order.Status.PENDING_PAYMENT:
        raise CannotComplete(status_now=order.status)
    if order.hold_expires_at is None:  # shipped already: nothing is held any more
        return order
    until = max(order.hold_expires_at, timezone.now() + timedelta(days=days))
    save(order, hold_expires_at=until)
    extend_holds(reference=order.stock_reference, expires_at=until)
    return order


@transaction.atomic
def set_being_paid(*, order_id: int, is_being_paid: bool) -> bool:
    """Records whether a payment of the order is open, which delays its expiry by up to 15 minutes after its hold.

    False, changing nothing, if the order does not (or no longer) await its payment. Locks the order's row.
    """
    unpaid = Order.objects.filter(pk=order_id, status=Order.Status.PENDING_PAYMENT)
    return bool(unpaid.update(is_being_paid=is_being_paid))


def allow_shipping_unpaid(*, order: Order) -> Order:
    """Cash on delivery: the sellers may go on before the payment arrives. Needs and raises as `extend_order_hold`."""
    if order.status in {Order.Status.EXPIRED, Order.Status.CANCELLED}:
        raise CannotComplete(status_now=order.status)
    if not order.may_ship_unpaid:
        save(order, may_ship_unpaid=True)
    return order


@transaction.atomic
def record_refund(*, order_id: int, refunded_total: int) -> Order:
    """`refunded_total` is all that went back so far, in the order's minor units; a repeated total is ignored."""
    order = lock_order(order_id)
    kinds = Order.RefundStatus
    status = kinds.FULL if refunded_total >= order.total_amount else kinds.PARTIAL
    status = status if refunded_total > 0 else kinds.NONE
    if status != order.refund_status or refunded_total != told_refunds(order):
        save(order, refund_status=status)
        data = {
            "refund_status": str(status),
            "refunded": {"amount": refunded_total, "currency": order.currency},
        }
        OrderEvent.objects.create(order=order, type=REFUNDED, status=order.status, by=SYSTEM.role, data=data)
    return order


def told_refunds(order: Order) -> int:
    """The total of the timeline's last refund event."""
    last = order.events.filter(type=REFUNDED).order_by("-pk").first()  # type: ignore[attr-defined]
    return last.data["refunded"]["amount"] if last else 0


def has_received(*, user_id: int, product_id: int) -> bool:
    """Whether the user bought the product and it was delivered: they may review it."""
    delivered = OrderItem.objects.filter(part__status=OrderPart.Status.DELIVERED)
    return delivered.filter(order__user=user_id, product=product_id).exists()
