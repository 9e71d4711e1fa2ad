"""Sales that begin and end by the clock.

What is charged goes by the database's clock (`Variant.price`). What is shown is written down, so that lists can be
filtered and sorted by an index: `flip_sales` runs each minute and brings it up to date. Between the moment and the flip a
list may show the other price; cart and checkout never do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from catalog.models import Variant, VariantPrice
from catalog.models.sales import Priced
from catalog.services.prices import announce_further, announce_prices
from catalog.services.refreshing import refresh_products
from catalog.services.stock_effects import lock_products
from config.shared.errors import invalid
from config.shared.money import Money

SALE_COLUMNS = ("sale_amount", "sale_from", "sale_until", "is_sale_running")
PRICE_COLUMNS = (
    "price_amount",
    "compare_at_amount",
    "currency",
    *SALE_COLUMNS,
)  # that `set_price` and `set_sale` write
BATCH = 200  # products of a transaction
DUE = Q(sale_amount__isnull=False) & (
    (Q(is_sale_running=False) & Q(sale_from__lte=Now()))
    | (Q(is_sale_running=True) & Q(sale_until__lte=Now()))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """From `starts_at` until before `ends_at`, or until it is taken back."""

    price: Money
    starts_at: datetime
    ends_at: datetime | None = None


def check_sale(sale: Sale | None, price: Money) -> None:
    """Raises 400 unless it is cheaper than `price`, of its currency, and ends after it begins."""
    if sale is None:
        return
    if sale.price.currency != price.currency:
        raise invalid("sale/price", "Must be of the price's currency.", "currency_mismatch")
    if sale.price.amount >= price.amount:
        raise invalid("sale/price", "Must be lower than the price.", "not_reduced")
    if sale.ends_at is not None and sale.ends_at <= sale.starts_at:
        raise invalid("sale/ends_at", "Must be after starts_at.", "out_of_order")


def set_sale(variant: Priced, sale: Sale | None) -> None:
    """On the object; a sale whose time it is runs at once."""
    variant.end_sale()
    if sale is not None:
        variant.sale_amount, variant.sale_from, variant.sale_until = (
            sale.price.amount,
            sale.starts_at,
            sale.ends_at,
        )
        variant.is_sale_running = variant.runs_now


def set_price(row: Priced, price: Money, compare_at: Money | None) -> None:
    """A sale that is no longer cheaper, or of another currency, is over."""
    if row.sale_amount is not None and (price.amount <= row.sale_amount or price.currency != row.currency):
        row.end_sale()
    row.price_amount, row.currency = price.amount, price.currency
    row.compare_at_amount = None if compare_at is None else compare_at.amount


def sale_of(variant: Priced) -> Sale | None:
    if variant.sale_amount is None or variant.sale_from is None:
        return None
    price = Money(variant.sale_amount, variant.currency)
    return Sale(price=price, starts_at=variant.sale_from, ends_at=variant.sale_until)


def flip_sales() -> int:
    """Begins and ends the sales that are due; how many. Safe to run again, by two at once, and after any pause."""
    flipped = 0
    while found := flip_batch():
        flipped += found
    return flipped


@transaction.atomic
def flip_batch() -> int:
    """Locks the products in id order; what another has flipped meanwhile is no longer due."""
    due = [
        model.objects.filter(DUE).order_by().values_list("product_id", flat=True)
        for model in (Variant, VariantPrice)
    ]
    products = sorted({pk for rows in due for pk in rows.distinct()[:BATCH]})[:BATCH]
    lock_products(products)
    variants = flip_rows(Variant.objects.filter(product__in=products).select_related("product__seller"))
    further = flip_rows(
        VariantPrice.objects.filter(product__in=products).select_related("variant__product__seller")
    )
    changed = [*(row for row, _ in variants), *(row.variant for row, _ in further)]
    refresh_products(list({variant.product_id: variant.product for variant in changed}.values()))
    announce_prices([(variant, old) for variant, old in variants if not variant.is_archived])
    announce_further([(row, old) for row, old in further if not row.variant.is_archived])
    return len(variants) + len(further)


def flip_rows(rows: QuerySet[Any]) -> list[tuple[Any, Money]]:
    """Each with the price that was shown before."""
    due = list(rows.filter(DUE).annotate(now=Now()))
    before = [(row, row.shown_price) for row in due]
    for row in due:
        flip(row)
    rows.model.objects.bulk_update(due, SALE_COLUMNS)
    return before


def flip(variant: Priced) -> None:
    """A sale that ended before anybody saw it begin is over, too."""
    if variant.is_sale_running or not variant.runs_now:
        variant.end_sale()
    else:
        variant.is_sale_running = True
