"""Effects of a stock change: low-stock warnings, availability, units sold."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef

from catalog.events import StockLow
from catalog.models import Product, Variant
from catalog.services.stock_statements import LevelChange
from catalog.signals import back_in_stock, stock_low
from config.shared.actor import seller_audience
from config.shared.events import log
from config.shared.events.declared import Event

COUNT_SALES = """
WITH sale AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS sale (product_id, units)),
locked AS (
  SELECT product.id, sale.units FROM catalog_product product JOIN sale ON sale.product_id = product.id
  ORDER BY product.id FOR NO KEY UPDATE OF product
)
UPDATE catalog_product product SET units_sold = greatest(0, units_sold + locked.units) FROM locked WHERE locked.id = product.id
"""


def announce(changes: Sequence[LevelChange], *, are_sales: bool = False) -> None:
    """Needs the levels locked by the statement that returned `changes`, which contain every level of their variants."""
    changed = {change.variant_id for change in changes if change.is_changed}
    relevant = [change for change in changes if change.variant_id in changed]
    if are_sales:
        count_sales(relevant)
    flip(relevant)
    if low := list(low_events(relevant)):
        log.append_all(low)
    for change in relevant:
        if runs_low(change):
            stock_low.send(sender=Variant, change=change)


def available_of(changes: Iterable[LevelChange], moment: str = "sellable_after") -> Counter[int]:
    """Variant id → units that can be bought, over all its levels."""
    totals: Counter[int] = Counter()
    for change in changes:
        totals[change.variant_id] += max(0, getattr(change, moment))
    return totals


def runs_low(change: LevelChange) -> bool:
    return change.after <= change.threshold < change.before


def low_events(changes: Sequence[LevelChange]) -> Iterable[tuple[Event, list[str]]]:
    for change in changes:
        if runs_low(change):
            event = StockLow(
                product=str(change.product_id),
                variant=str(change.variant_id),
                location=str(change.location_id),
                available=change.after,
                threshold=change.threshold,
            )
            yield event, [seller_audience(change.seller_id)]


def flip(changes: Sequence[LevelChange]) -> None:
    """Updates `is_available` and `is_on_backorder` of variants that sold out, came back or went on backorder, and the
    availability of their products.
    """
    before, after = states_of(changes, "before"), states_of(changes, "after")
    flipped = {variant for variant in after if before[variant] != after[variant]}
    if not flipped:
        return
    products = {change.product_id for change in changes if change.variant_id in flipped}
    lock_products(products)
    for state in set(after.values()):
        rows = Variant.objects.filter(pk__in=[variant for variant in flipped if after[variant] == state])
        rows = rows.live() if state.is_available else rows
        rows.update(is_available=state.is_available, is_on_backorder=state.is_on_backorder)
    refresh_availability(products)
    back = [pk for pk in flipped if after[pk].is_available and not before[pk].is_available]
    for variant in Variant.objects.for_sale().filter(pk__in=back).order_by("pk"):
        back_in_stock.send(sender=Variant, variant=variant)


class State(NamedTuple):
    is_available: bool
    is_on_backorder: bool


def states_of(changes: Sequence[LevelChange], moment: str) -> dict[int, State]:
    sellable, there = available_of(changes, f"sellable_{moment}"), available_of(changes, moment)
    return {pk: State(units > 0, units > 0 >= there[pk]) for pk, units in sellable.items()}


def lock_products(ids: Iterable[int]) -> None:
    list(Product.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def refresh_availability(ids: Iterable[int]) -> None:
    """Needs the products locked: a statement after the lock sees what the previous holder committed."""
    available = Variant.objects.filter(product=OuterRef("pk"), is_available=True)
    Product.objects.filter(pk__in=ids).update(is_available=Exists(available))


def count_sales(changes: Sequence[LevelChange]) -> None:
    units: Counter[int] = Counter()
    for change in changes:
        units[change.product_id] -= change.hand
    if units:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_SALES, [list(units), list(units.values())])
