"""What orders hands to the registry; `ready()` imports this."""

from config.shared import registry
from orders.privacy import erase_orders, export_orders, reasons_against_erasure
from orders.services.carts import prune_carts
from orders.verification import verify_orders

registry.EXPORTERS["orders"] = export_orders
registry.ERASERS["orders"] = erase_orders
registry.ERASURE_BLOCKERS["orders"] = reasons_against_erasure
registry.PRUNERS["carts"] = prune_carts
registry.VERIFIERS["orders"] = verify_orders
