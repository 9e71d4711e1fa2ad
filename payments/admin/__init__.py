"""The back office's pages of money: payments and refunds, the books, payouts, and an order's money on its page."""

from payments.admin import books, money, orders

__all__ = ["books", "money", "orders"]
