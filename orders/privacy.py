"""A user's orders as personal data: exported in full, kept without the person."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from config.shared.models import IdempotencyRecord
from orders.models import (
    Cart,
    CouponUse,
    Order,
    OrderEvent,
    OrderNote,
    OrderPart,
    Return,
    Shipment,
    TaxExemption,
)
from orders.serializers.orders import OrderEventSerializer, OrderSerializer
from orders.serializers.returns import ReturnSerializer

FINISHED = [Order.Status.DELIVERED, Order.Status.CANCELLED, Order.Status.EXPIRED]
UNFINISHED_PARTS = [
    OrderPart.Status.PENDING,
    OrderPart.Status.ACCEPTED,
    OrderPart.Status.PARTIALLY_SHIPPED,
    OrderPart.Status.SHIPPED,
]


def export_orders(user: User) -> dict[str, Any]:
    orders = Order.objects.filter(user=user).with_contents().order_by("pk")
    events = OrderEvent.objects.filter(order__user=user).order_by("pk")
    returns = Return.objects.filter(order__user=user).select_related("order", "part").order_by("pk")
    cart = Cart.objects.filter(user=user).first()
    return {
        "orders": OrderSerializer(orders, many=True).data,
        "events": OrderEventSerializer(events, many=True).data,
        "tax_exemptions": list(TaxExemption.objects.filter(user=user).values("country", "reason")),
        "notes": list(OrderNote.objects.filter(by_user=user.pk).order_by("pk").values("order_id", "text")),
        "returns": ReturnSerializer(returns.prefetch_related("items"), many=True).data,
        "cart": [] if cart is None else list(cart.items.order_by("pk").values("variant_id", "quantity")),  # type: ignore[attr-defined]
    }


def reasons_against_erasure(user: User) -> Iterator[str]:
    """Orders under way, as a customer and as a seller."""
    for number in (
        Order.objects.filter(user=user).exclude(status__in=FINISHED).values_list("number", flat=True)
    ):
        yield f"Order {number} is not finished."
    for number in open_returns().filter(order__user=user).values_list("order__number", flat=True):
        yield f"A return of order {number} is not finished."
    parts = OrderPart.objects.filter(seller__user=user, status__in=UNFINISHED_PARTS)
    for number in parts.values_list("order__number", flat=True):
        yield f"Order {number} of a customer is not finished."
    for number in open_returns().filter(part__seller__user=user).values_list("order__number", flat=True):
        yield f"A customer's return of order {number} is not finished."


def open_returns() -> QuerySet[Return]:
    return Return.objects.filter(status__in=[Return.Status.REQUESTED, Return.Status.APPROVED])


def erase_orders(user: User) -> None:
    """Removes the person from their orders; goods, amounts, and country and region for the tax stay."""
    orders = Order.objects.filter(user=user)
    CouponUse.objects.filter(order__user=user).update(customer="", user=None)
    Shipment.objects.filter(part__order__user=user).update(carrier="", tracking_number="")
    OrderEvent.objects.filter(order__user=user, by_user=user.pk).update(by_user=None, data={})
    TaxExemption.objects.filter(user=user).delete()
    OrderNote.objects.filter(order__user=user, by="customer").update(text="", by_user=None)
    Return.objects.filter(order__user=user).update(reason="")
    for order in orders.order_by("pk").select_for_update(no_key=True):
        order.shipping_address, order.billing_address = (
            without_person(order.shipping_address),
            without_person(order.billing_address),
        )
        order.user, order.email, order.note = None, "", ""
        order.save(update_fields=["user", "email", "note", "shipping_address", "billing_address"])
    IdempotencyRecord.objects.filter(caller=f"user:{user.pk}").delete()  # its answers hold addresses
    Cart.objects.filter(user=user).delete()


def without_person(address: dict[str, Any]) -> dict[str, Any]:
    blank = dict.fromkeys(address, "")
    return blank | {name: address[name] for name in ("country", "region") if name in address}
