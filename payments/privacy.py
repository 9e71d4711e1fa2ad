"""Payments' personal data. Rows name an order, and the law requires keeping the books; saved cards are deleted."""

from collections.abc import Iterator
from typing import Any

from accounts.models import Seller
from payments.models import Payment, Refund, StripeCustomer
from payments.services import balances_of, forget_customer


def export_user(user: Any) -> dict[str, Any]:
    payment = ("id", "order_id", "provider", "method", "status", "amount", "currency", "created_at")
    refund = ("id", "payment_id", "status", "reason", "amount", "currency", "created_at")
    return {
        "payments": list(Payment.objects.filter(order__user=user).order_by("pk").values(*payment)),
        "refunds": list(Refund.objects.filter(payment__order__user=user).order_by("pk").values(*refund)),
        "stripe_customer": list(
            StripeCustomer.objects.filter(user=user).values("provider_reference", "created_at")
        ),
    }


def erase_user(user: Any) -> None:
    """A job deletes what Stripe stores for the user."""
    forget_customer(user)


def reasons_against_erasure(user: Any) -> Iterator[str]:
    shop = Seller.objects.filter(user=user).first()
    for balance in balances_of(shop.pk) if shop else []:
        if balance.pending or balance.available or balance.reserved or balance.in_transit:
            yield f"The shop's balance in {balance.currency} is not settled."
