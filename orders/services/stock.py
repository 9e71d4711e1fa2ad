"""What an order takes from stock and gives back; always the last statements of a transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping

from catalog.services import release_holds, return_stock
from orders.models import Order, OrderItem


def demand_of(items: Iterable[OrderItem]) -> Mapping[int, int]:
    """Variant id → units that were neither taken out nor came back, summed; a deleted variant is left out."""
    return sum_up((item, item.kept - item.received_quantity) for item in items)


def sum_up(units: Iterable[tuple[OrderItem, int]]) -> Mapping[int, int]:
    demand: Counter[int] = Counter()
    for item, quantity in units:
        if item.variant_id is not None and quantity:
            demand[item.variant_id] += quantity
    return demand


def give_stock_back(order: Order, items: Iterable[OrderItem], *, state: str, reason: str) -> None:
    """Releases what is held, or returns what was sold of `items`; `state` is the order's stock before the change.

    Once a part can be cancelled alone nothing is held any more, so held stock is always that of the whole order.
    """
    if state == Order.Stock.HELD:
        release_holds(reference=order.stock_reference)
    elif state == Order.Stock.SOLD:
        return_stock(demand=demand_of(items), reference=order.stock_reference, reason=reason)
