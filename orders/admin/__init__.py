"""The back office's pages of orders; payments and social add to an order's page what is theirs."""

from orders.admin import fulfilment, orders, rules

__all__ = ["fulfilment", "orders", "rules"]
