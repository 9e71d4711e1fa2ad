"""What happens to an order is told to its customer and to the sellers whom it concerns."""

from typing import Any

from django.dispatch import receiver

from orders.models import Order, OrderPart, Shipment
from orders.signals import order_cancelled, order_paid, order_placed, part_changed, part_shipped
from payments.signals import order_refunded
from social.models import Notification
from social.services import notify
from social.services.notifications import Told

Kind = Notification.Kind


@receiver(order_placed)
def tell_of_placed(order: Order, **kwargs: Any) -> None:
    notify(kind=Kind.ORDER_PLACED, told=[*customer(order), *sellers(order)])


@receiver(order_paid)
def tell_of_paid(order: Order, **kwargs: Any) -> None:
    notify(kind=Kind.ORDER_PAID, told=[*customer(order), *sellers(order)])


@receiver(order_cancelled)
def tell_of_cancelled(order: Order, **kwargs: Any) -> None:
    notify(kind=Kind.ORDER_CANCELLED, told=[*customer(order), *sellers(order)])


@receiver(order_refunded)
def tell_of_refunded(order: Order, **kwargs: Any) -> None:
    notify(kind=Kind.ORDER_REFUNDED, told=[*customer(order), *sellers(order)])


@receiver(part_shipped)
def tell_of_shipped(part: OrderPart, shipment: Shipment, **kwargs: Any) -> None:
    """The customer alone: the seller has just sent it."""
    notify(kind=Kind.ORDER_SHIPPED, told=customer(part.order, part=str(part.pk), shipment=str(shipment.pk)))


@receiver(part_changed)
def tell_of_part(part: OrderPart, status: str, **kwargs: Any) -> None:
    if status == OrderPart.Status.DELIVERED:
        notify(kind=Kind.ORDER_DELIVERED, told=customer(part.order, part=str(part.pk)))
    if status == OrderPart.Status.CANCELLED and is_partial(part):
        told = [*customer(part.order, part=str(part.pk)), *sellers(part.order, pk=part.pk)]
        notify(kind=Kind.ORDER_CANCELLED, told=told)


def is_partial(part: OrderPart) -> bool:
    """Whether something is left of the order; if not, its own cancellation follows and is told of."""
    return OrderPart.objects.filter(order=part.order).exclude(status=OrderPart.Status.CANCELLED).exists()


def customer(order: Order, **more: str) -> list[Told]:
    """Whom to tell as the buyer: nobody when that was a guest."""
    return [(order.user_id, named(order, **more))] if order.user_id else []


def sellers(order: Order, **which: Any) -> list[Told]:
    parts = OrderPart.objects.filter(order=order, **which).order_by("pk")
    return [
        (user_id, named(order, part=str(part_id)))
        for part_id, user_id in parts.values_list("pk", "seller__user_id")
    ]


def named(order: Order, **more: str) -> dict[str, str]:
    return {"order": str(order.pk), "number": order.number, **more}
