"""Prices and stock of many variants in one transaction. Each row succeeds or fails by itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from catalog.models import Location, Product, StockLevel, Variant, VariantPrice
from catalog.models.sales import Priced
from catalog.services.currencies import FurtherPrice, PriceEdits, present_prices
from catalog.services.prices import announce_prices, name_author
from catalog.services.refreshing import refresh_products
from catalog.services.sales import PRICE_COLUMNS, set_price
from catalog.services.stock import adjust_levels, default_location
from catalog.services.stock_effects import lock_products
from config.shared.money import Money

MAX_ROWS = 1_000
UPDATED, UNCHANGED = "updated", "unchanged"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row was refused: a stable code, and what is wrong."""

    code: str
    detail: str


Outcome = str | Refused
NOT_FOUND = Refused("not_found", "The shop has no such variant.")
OTHER_CURRENCY = Refused("currency_mismatch", "compare_at_price must be of the price's currency.")
TWICE = Refused("duplicate", "A row before it is about the same.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """`compare_at_price` stays unchanged unless `has_compare_at`."""

    variant: int
    price: Money
    compare_at_price: Money | None = None
    has_compare_at: bool = False

    def compare_at_over(self, present: Priced | None) -> Money | None:
        if self.has_compare_at or present is None:
            return self.compare_at_price
        return present.compare_at_price


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStock:
    """Either `delta`, or `on_hand` as counted, at `location` (default: the first). If `version` is given, the row fails
    when the level has been edited since the owner read that version.
    """

    variant: int
    location: int | None = None
    delta: int | None = None
    on_hand: int | None = None
    version: int | None = None


@transaction.atomic
def set_prices(*, seller_id: int | None, rows: Sequence[NewPrice], actor: str) -> list[Outcome]:
    """Returns an outcome per row. `seller_id` None allows variants of every shop. Locks the products in id order.

    A price in another currency than the variant's own is stored as a further price beside it.
    """
    variants = lock_variants(seller_id, [row.variant for row in rows])
    name_author(actor)
    prices = Prices(variants, present_prices(variants.values()))
    outcomes = [prices.set(row) for row in rows]
    prices.save()
    return outcomes


def lock_variants(seller_id: int | None, ids: Iterable[int]) -> dict[int, Variant]:
    """The variants that exist, by id. Locks their products."""
    own = Variant.objects.live() if seller_id is None else Variant.objects.live().filter(seller_id=seller_id)
    found = own.filter(pk__in=set(ids))
    lock_products(set(found.values_list("product_id", flat=True)))
    return {variant.pk: variant for variant in found.all().select_related("product__seller")}


@dataclass
class Prices:
    """Collects price changes in memory and saves them together; needs the products locked."""

    variants: Mapping[int, Variant]
    present: Mapping[int, Mapping[str, VariantPrice]]
    changed: list[tuple[Variant, Money]] = field(default_factory=list)
    further: PriceEdits = field(default_factory=PriceEdits)
    seen: set[tuple[int, str]] = field(default_factory=set)
    products: dict[int, Product] = field(default_factory=dict)

    def set(self, row: NewPrice) -> Outcome:
        variant, currency = self.variants.get(row.variant), row.price.currency
        if variant is None:
            return NOT_FOUND
        if (variant.pk, currency) in self.seen:
            return TWICE
        if row.compare_at_price is not None and row.compare_at_price.currency != currency:
            return OTHER_CURRENCY
        self.seen.add((variant.pk, currency))
        is_changed = (
            self.set_own(variant, row) if currency == variant.currency else self.set_further(variant, row)
        )
        if is_changed:
            self.products.setdefault(variant.product_id, variant.product)
        return UPDATED if is_changed else UNCHANGED

    def set_own(self, variant: Variant, row: NewPrice) -> bool:
        shown, compare_at = variant.shown_price, row.compare_at_over(variant)
        if (variant.regular_price, variant.compare_at_price) == (row.price, compare_at):
            return False
        set_price(variant, row.price, compare_at)
        self.changed.append((variant, shown))
        return True

    def set_further(self, variant: Variant, row: NewPrice) -> bool:
        present = self.present.get(variant.pk, {})
        compare_at = row.compare_at_over(present.get(row.price.currency))
        offer = FurtherPrice(price=row.price, compare_at_price=compare_at, has_sale=False)
        return self.further.plan(variant, present, {row.price.currency: offer})

    def save(self) -> None:
        Variant.objects.bulk_create(
            [variant for variant, _ in self.changed],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=PRICE_COLUMNS,
        )
        if self.further:
            self.further.save()
        Product.objects.filter(pk__in=self.products).update(version=F("version") + 1)
        refresh_products(list(self.products.values()))
        announce_prices(self.changed)


@transaction.atomic
def set_stock(*, seller_id: int | None, rows: Sequence[NewStock], reason: str, actor: str) -> list[Outcome]:
    """Returns an outcome per row. Locks all levels of the variants in id order, then the locations."""
    levels = Levels(seller_id, rows)
    deltas: dict[StockLevel, int] = {}
    seen: set[StockLevel] = set()
    outcomes = [stock_row(levels.of(row), row, deltas, seen) for row in rows]
    adjust_levels(deltas=deltas, reason=reason, actor=actor)
    return outcomes


def stock_row(
    level: StockLevel | Refused, row: NewStock, deltas: dict[StockLevel, int], seen: set[StockLevel]
) -> Outcome:
    if isinstance(level, Refused):
        return level
    if level in seen:
        return TWICE
    if row.version is not None and row.version != level.version:
        return Refused(
            "precondition_failed", f"The level has been edited since: its version is {level.version}."
        )
    delta = row.delta if row.delta is not None else (row.on_hand or 0) - level.on_hand
    if (delta < 0 and level.sellable + delta < 0) or level.on_hand + delta >= 2**31:
        return Refused("insufficient_stock", f"{level.sellable} can be taken away.")
    seen.add(level)
    if delta:
        deltas[level] = delta
    return UPDATED if delta else UNCHANGED


def made_or_met(variant: Variant, place: Location) -> StockLevel:
    """The level, locked and read again: another transaction may have created it while this one waited for its locks."""
    rows = StockLevel.objects.select_for_update(no_key=True)
    return rows.get_or_create(variant=variant, location=place)[0]


class Levels:
    """The levels of the rows, locked; a level is created if the location has none yet."""

    def __init__(self, seller_id: int | None, rows: Sequence[NewStock]) -> None:
        own = Variant.objects.live().filter(pk__in={row.variant for row in rows})
        own = own if seller_id is None else own.filter(seller_id=seller_id)
        self.variants = {variant.pk: variant for variant in own}
        found = StockLevel.objects.filter(variant__in=self.variants).order_by("pk")
        self.levels: dict[int, list[StockLevel]] = {}
        for level in found.select_for_update(no_key=True):
            self.levels.setdefault(level.variant_id, []).append(level)
        sellers = {variant.seller_id for variant in self.variants.values()}
        places = Location.objects.active().filter(seller__in=sellers).order_by("pk")
        self.places = {place.pk: place for place in places.select_for_update(no_key=True)}

    def of(self, row: NewStock) -> StockLevel | Refused:
        variant = self.variants.get(row.variant)
        if variant is None:
            return NOT_FOUND
        place = self.place_of(variant, row.location)
        if place is None:
            return Refused("location_not_found", "The shop has no such location.")
        levels = self.levels.setdefault(variant.pk, [])
        found = next((level for level in levels if level.location_id == place.pk), None)
        if found is None:
            found = made_or_met(variant, place)
            levels.append(found)
        return found

    def place_of(self, variant: Variant, named: int | None) -> Location | None:
        """The named location, else the first that has a level, else the shop's first."""
        if named is not None:
            place = self.places.get(named)
            return place if place is not None and place.seller_id == variant.seller_id else None
        here = [
            self.places[one.location_id]
            for one in self.levels.get(variant.pk, [])
            if one.location_id in self.places
        ]
        first = min(here, key=lambda place: (place.priority, place.pk), default=None)
        return first or default_location(seller_id=variant.seller_id)
