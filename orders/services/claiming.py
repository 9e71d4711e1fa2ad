"""A guest's orders become the user's once the user has verified the e-mail address."""

from django.db import transaction

from accounts.models import User
from orders.models import CouponUse, Order
from orders.services.timeline import change_owner


@transaction.atomic
def claim_guest_orders(*, user: User) -> int:
    """Gives the user the guest orders of their verified address; returns how many. Locks them in id order.

    The guest's `Order-Token` stays valid.
    """
    rows = Order.objects.filter(user=None, email=user.email).order_by("pk")
    orders = list(rows.select_for_update(of=("self",), no_key=True)) if user.email else []
    change_owner(orders, user)
    CouponUse.objects.filter(order__in=[order.pk for order in orders]).update(user=user)
    return len(orders)
