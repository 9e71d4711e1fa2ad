"""What somebody bought as a guest becomes theirs when they show that the address is."""

from django.db import transaction

from accounts.models import User
from orders.models import CouponUse, Order, OrderEvent

CLAIMED = "order.claimed"


@transaction.atomic
def claim_guest_orders(*, user: User) -> int:
    """Gives the user the guests' orders of their verified address; returns how many. Locks them in id order.

    The guest's `Order-Token` stays good.
    """
    rows = Order.objects.filter(user=None, email=user.email).order_by("pk")
    orders = list(rows.select_for_update(of=("self",), no_key=True)) if user.email else []
    ids = [order.pk for order in orders]
    Order.objects.filter(pk__in=ids).update(user=user)
    CouponUse.objects.filter(order__in=ids).update(user=user)
    OrderEvent.objects.bulk_create(
        OrderEvent(order=order, type=CLAIMED, status=order.status, by="customer", by_user=user.pk)
        for order in orders
    )
    return len(orders)
