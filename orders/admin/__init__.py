"""The back office's pages of orders; payments and social add their own sections to an order's page."""

from orders.admin import coupons, fulfilment, orders, rules

__all__ = ["coupons", "fulfilment", "orders", "rules"]
