"""What payments knows of a person. It has no eraser: rows name an order, and the books are kept by law."""

from typing import Any

from payments.models import Payment, Refund


def export_user(user: Any) -> dict[str, Any]:
    payment = ("id", "order_id", "provider", "method", "status", "amount", "currency", "created_at")
    refund = ("id", "payment_id", "status", "reason", "amount", "currency", "created_at")
    return {
        "payments": list(Payment.objects.filter(order__user=user).order_by("pk").values(*payment)),
        "refunds": list(Refund.objects.filter(payment__order__user=user).order_by("pk").values(*refund)),
    }
