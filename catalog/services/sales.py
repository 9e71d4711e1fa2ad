"""Sales that begin and end by the clock.

What is charged goes by the database's clock (`Variant.price`). What is shown is written down, so that lists can be
filtered and sorted by an index: `flip_sales` runs each minute and brings it up to date. Between the moment and the flip a
list may show the other price; cart and checkout never do.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Variant
from catalog.services.prices import announce_prices
from catalog.services.refreshing import refresh_products
from catalog.services.stock_effects import lock_products
from config.shared.errors import invalid
from config.shared.money import Money

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


def set_sale(variant: Variant, sale: Sale | None) -> None:
    """On the object; a sale whose time it is runs at once."""
    variant.end_sale()
    if sale is not None:
        variant.sale_amount, variant.sale_from, variant.sale_until = (
            sale.price.amount,
            sale.starts_at,
            sale.ends_at,
        )
        variant.is_sale_running = variant.runs_now


def sale_of(variant: Variant) -> Sale | None:
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
    due = Variant.objects.filter(DUE).order_by()
    products = list(due.values_list("product_id", flat=True).distinct()[:BATCH])
    lock_products(products)
    fresh = Variant.objects.filter(DUE, product__in=products).annotate(now=Now())
    variants = list(fresh.select_related("product__seller"))
    before = [(variant, variant.shown_price) for variant in variants]
    for variant in variants:
        flip(variant)
    Variant.objects.bulk_update(variants, ["sale_amount", "sale_from", "sale_until", "is_sale_running"])
    refresh_products(list({variant.product_id: variant.product for variant in variants}.values()))
    announce_prices([(variant, old) for variant, old in before if not variant.is_archived])
    return len(variants)


def flip(variant: Variant) -> None:
    """A sale that ended before anybody saw it begin is over, too."""
    if variant.is_sale_running or not variant.runs_now:
        variant.end_sale()
    else:
        variant.is_sale_running = True
