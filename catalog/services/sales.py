"""Sales that begin and end at set times.

Charged prices follow the database's clock (`Variant.price`). Shown prices are stored, so that lists can filter and sort
by an index; `flip_sales` runs each minute and updates them. Until it does, a list may show the previous price; cart and
checkout never do.
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
)  # written by `set_price` and `set_sale`
BATCH = 200  # products per transaction
DUE = Q(sale_amount__isnull=False) & (
    (Q(is_sale_running=False) & Q(sale_from__lte=Now()))
    | (Q(is_sale_running=True) & Q(sale_until__lte=Now()))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """Runs from `starts_at` until before `ends_at`, or until it is removed."""

    price: Money
    starts_at: datetime
    ends_at: datetime | None = None


def check_sale(sale: Sale | None, price: Money) -> None:
    """Raises 400 unless the sale is cheaper than `price`, in its currency, and ends after it begins."""
    if sale is None:
        return
    if sale.price.currency != price.currency:
        raise invalid("sale/price", "Must be of the price's currency.", "currency_mismatch")
    if sale.price.amount >= price.amount:
        raise invalid("sale/price", "Must be lower than the price.", "not_reduced")
    if sale.ends_at is not None and sale.ends_at <= sale.starts_at:
        raise invalid("sale/ends_at", "Must be after starts_at.", "out_of_order")


def set_sale(variant: Priced, sale: Sale | None) -> None:
    """Changes the object only; a sale that is already due starts at once."""
    variant.end_sale()
    if sale is not None:
        variant.sale_amount, variant.sale_from, variant.sale_until = (
            sale.price.amount,
            sale.starts_at,
            sale.ends_at,
        )
        variant.is_sale_running = variant.runs_now


def set_price(row: Priced, price: Money, compare_at: Money | None) -> None:
    """Ends a sale that is no longer cheaper than the price, or is in another currency."""
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
    """Starts and ends due sales; returns how many. Safe to repeat, to run concurrently, and after any pause."""
    flipped = 0
    while found := flip_batch():
        flipped += found
    return flipped


@transaction.atomic
def flip_batch() -> int:
    """Locks the products in id order; sales flipped by a concurrent run are no longer due."""
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
    """Returns each flipped row with the price shown before."""
    due = list(rows.filter(DUE).annotate(now=Now()))
    before = [(row, row.shown_price) for row in due]
    for row in due:
        flip(row)
    rows.model.objects.bulk_update(due, SALE_COLUMNS)
    return before


def flip(variant: Priced) -> None:
    """A sale whose end passed before this job started it ends without running."""
    if variant.is_sale_running or not variant.runs_now:
        variant.end_sale()
    else:
        variant.is_sale_running = True
