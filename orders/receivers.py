"""Reactions to orders' own signals, and what it hands to the registry; `ready()` imports this."""

from typing import Any

from django.dispatch import receiver

from config.shared import registry
from orders import tasks
from orders.models import Order
from orders.privacy import erase_orders, export_orders, reasons_against_erasure
from orders.services.carts import prune_carts
from orders.signals import order_paid
from orders.verification import verify_orders

registry.EXPORTERS["orders"] = export_orders
registry.ERASERS["orders"] = erase_orders
registry.ERASURE_BLOCKERS["orders"] = reasons_against_erasure
registry.PRUNERS["carts"] = prune_carts
registry.VERIFIERS["orders"] = verify_orders


@receiver(order_paid)
def ask_for_invoice(order: Order, **kwargs: Any) -> None:
    tasks.invoice.defer(order_id=order.pk)
