"""Orders as CSV: one row for each item, streamed, with cells defused that a spreadsheet would execute."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from catalog.transfer.cells import defuse
from catalog.transfer.exporting import Echo
from config.shared.money import to_decimal
from config.shared.postgres.replica import for_reports
from orders.models import Order

PAGE = 500
COLUMNS = (
    "number", "created_at", "status", "refund_status", "email", "country", "currency", "subtotal", "discount",
    "shipping", "tax", "total", "sku", "title", "quantity", "unit_price", "item_total", "seller",
)  # fmt: skip


def csv_of(orders: QuerySet[Order]) -> Iterator[str]:
    """Ordered by id, read a page at a time; each item's row repeats the columns of its order."""
    writer: Any = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for order in pages(orders):
        for row in rows_of(order):
            yield writer.writerow([defuse(str(row.get(name, ""))) for name in COLUMNS])


def pages(orders: QuerySet[Order]) -> Iterator[Order]:
    last, rows = 0, orders.using(for_reports()).order_by("pk").prefetch_related("items__part__seller")
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        yield from page
        last = page[-1].pk


def rows_of(order: Order) -> Iterator[dict[str, Any]]:
    head = {
        "number": order.number,
        "created_at": order.created_at.isoformat(),
        "status": order.status,
        "refund_status": order.refund_status,
        "email": order.email,
        "country": order.shipping_address.get("country", ""),
        "currency": order.currency,
    }
    for name in ("subtotal", "discount", "shipping", "tax", "total"):
        head[name] = decimal(order, getattr(order, f"{name}_amount"))
    for item in order.items.all():  # type: ignore[attr-defined]
        yield head | {
            "sku": item.sku,
            "title": item.title,
            "quantity": item.quantity,
            "unit_price": decimal(order, item.unit_price_amount),
            "item_total": decimal(order, item.total_amount),
            "seller": item.part.seller.name,
        }


def decimal(order: Order, amount: int) -> str:
    return str(to_decimal(amount, order.currency))
