"""What tests ask of the rows that an order is made of."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from catalog.models import StockHold, StockLevel
from config.shared.models import IdempotencyRecord
from orders.models import Order, OrderPart


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def stock(variant: Any) -> tuple[int, int]:
    """On hand and reserved."""
    level = StockLevel.objects.get(variant=variant)
    return level.on_hand, level.reserved


def make_due(order: Order, by: timedelta = timedelta(seconds=1)) -> None:
    """Its hold ran out a second ago, or longer."""
    Order.objects.filter(pk=order.pk).update(hold_expires_at=timezone.now() - by)


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def part_of(order: Order) -> OrderPart:
    return OrderPart.objects.get(order=order)


def nothing_placed() -> bool:
    rows = (Order, StockHold, IdempotencyRecord)
    return not any(model.objects.exists() for model in rows)


def add(client: Any, variant: Any, quantity: int = 1, **headers: str) -> Any:
    """POST /cart/items."""
    return client.post(
        "/api/v1/cart/items", {"variant": str(variant.pk), "quantity": quantity}, headers=headers
    )
