"""Refunds by items: the price of units goes back while the units stay where they are."""

from collections import Counter
from collections.abc import Iterator, Mapping

from django.db import transaction

from orders.errors import NotRefundable
from orders.models import Order, OrderItem
from orders.services.timeline import lock_order, save


@transaction.atomic
def count_refunded(*, order_id: int, quantities: Mapping[int, int]) -> dict[int, int]:
    """Counts units (item id → how many) as refunded. Raises NotRefundable.

    Returns what is due back for them, in minor units by the part's id.
    """
    order = lock_order(order_id)
    items = list(named(order, quantities))
    check_refundable(items, quantities)
    due: Counter[int] = Counter()
    for item in items:
        due[item.part_id] += item.due_back(quantities[item.pk])
    change(order, items, quantities)
    return dict(due)


@transaction.atomic
def uncount_refunded(*, order_id: int, quantities: Mapping[int, int]) -> None:
    """Undoes `count_refunded` when the refund failed: its units can be refunded or returned as before."""
    order = lock_order(order_id)
    given_back = {item_id: -quantity for item_id, quantity in quantities.items()}
    change(order, list(named(order, given_back)), given_back)


def named(order: Order, quantities: Mapping[int, int]) -> Iterator[OrderItem]:
    """The items, in the order of `quantities`."""
    known: dict[int, OrderItem] = {item.pk: item for item in order.items.all()}  # type: ignore[attr-defined]
    return (known[item_id] for item_id in quantities)


def check_refundable(items: list[OrderItem], quantities: Mapping[int, int]) -> None:
    short = [item for item in items if quantities[item.pk] > item.refundable]
    if short:
        raise NotRefundable(
            lines=[
                {"id": str(item.pk), "requested": quantities[item.pk], "refundable": item.refundable}
                for item in short
            ]
        )


def change(order: Order, items: list[OrderItem], quantities: Mapping[int, int]) -> None:
    """Also increments the versions of order and parts. Needs the order's lock; a constraint is the last guard."""
    for item in items:
        item.refunded_quantity += quantities[item.pk]
        item.save(update_fields=["refunded_quantity"])
    for part in {item.part for item in items}:
        save(part)
    save(order)
