"""Receivers of orders' own signals, and the hooks that it registers; `ready()` imports this."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import email_verified
from config.shared import registry
from config.shared.metrics import counts
from orders import tasks
from orders.models.order import Order, OrderStatus
from orders.privacy import erase_orders, export_orders, reasons_against_erasure
from orders.services import claim_guest_orders
from orders.services.carts import prune_carts
from orders.services.providers import prune_answers
from orders.signals import order_paid
from orders.verification import verify_orders

UNDER_WAY = [OrderStatus.PENDING_PAYMENT, OrderStatus.PAID, OrderStatus.PARTIALLY_SHIPPED]
registry.EXPORTERS["orders"] = export_orders
registry.ERASERS["orders"] = erase_orders
registry.ERASURE_BLOCKERS["orders"] = reasons_against_erasure
registry.PRUNERS["carts"] = prune_carts
registry.PRUNERS["provider_answers"] = prune_answers
registry.VERIFIERS["orders"] = verify_orders
registry.GAUGES["souk_orders_open"] = (
    "Orders under way.",
    lambda: counts(Order.objects.filter(status__in=UNDER_WAY)),
)


@receiver(email_verified)
def claim_orders(user: User, **kwargs: Any) -> None:
    claim_guest_orders(user=user)


@receiver(order_paid)
def ask_for_invoice(order: Order, **kwargs: Any) -> None:
    tasks.invoice.defer(order_id=order.pk)
