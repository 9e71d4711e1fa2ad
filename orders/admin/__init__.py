"""The back office's pages of orders; payments and social add to an order's page what is theirs."""

from orders.admin import coupons, fulfilment, orders, rules

__all__ = ["coupons", "fulfilment", "orders", "rules"]
