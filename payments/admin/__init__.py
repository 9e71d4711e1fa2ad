"""The back office's pages of money: payments and refunds, the books, payouts, and the money of an order's page."""

from payments.admin import books, money, orders

__all__ = ["books", "money", "orders"]
