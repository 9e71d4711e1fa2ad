"""Prices and stock of many variants in one transaction, each row for itself: a refusal of one changes no other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from catalog.models import Location, Product, StockLevel, Variant
from catalog.services.creation import set_price
from catalog.services.offers import NewVariant, clash
from catalog.services.prices import announce_prices
from catalog.services.refreshing import refresh_products
from catalog.services.stock import adjust_levels, default_location
from catalog.services.stock_effects import lock_products
from config.shared.money import Money

MAX_ROWS = 1_000
UPDATED, UNCHANGED = "updated", "unchanged"
PRICE_COLUMNS = [
    "price_amount", "compare_at_amount", "currency", "sale_amount", "sale_from", "sale_until", "is_sale_running",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row was left out: a stable code, and what is wrong."""

    code: str
    detail: str


Outcome = str | Refused
NOT_FOUND = Refused("not_found", "The shop has no such variant.")
TWICE = Refused("duplicate", "A row before it is about the same.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """`compare_at_price` is left as it is unless `has_compare_at`."""

    variant: int
    price: Money
    compare_at_price: Money | None = None
    has_compare_at: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStock:
    """Either `delta`, or `on_hand` as it was counted; at `location`, or the first. `version` is that of the level as
    its owner read it, if the row is to fail when it was edited since.
    """

    variant: int
    location: int | None = None
    delta: int | None = None
    on_hand: int | None = None
    version: int | None = None


@transaction.atomic
def set_prices(*, seller_id: int | None, rows: Sequence[NewPrice]) -> list[Outcome]:
    """An outcome for each row. `seller_id` None: of every shop. Locks the products in id order."""
    variants = lock_variants(seller_id, [row.variant for row in rows])
    outcomes: list[Outcome] = [NOT_FOUND] * len(rows)
    changed: list[tuple[Variant, Money]] = []
    seen: set[int] = set()
    for product_rows in by_product(variants, rows):
        for index, result in price_product(variants, rows, product_rows, seen, changed):
            outcomes[index] = result
    save_prices(changed)
    return outcomes


def lock_variants(seller_id: int | None, ids: Iterable[int]) -> dict[int, Variant]:
    """All live variants of the products of these variants, by id; the products are locked."""
    own = Variant.objects.live() if seller_id is None else Variant.objects.live().filter(seller_id=seller_id)
    products = set(own.filter(pk__in=set(ids)).values_list("product_id", flat=True))
    lock_products(products)
    rows = Variant.objects.live().filter(product__in=products).select_related("product__seller")
    return {variant.pk: variant for variant in rows}


def by_product(variants: Mapping[int, Variant], rows: Sequence[NewPrice]) -> Iterable[list[int]]:
    """Indexes of the rows that are about the same product."""
    groups: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        if row.variant in variants:
            groups.setdefault(variants[row.variant].product_id, []).append(index)
    return groups.values()


def price_product(
    variants: Mapping[int, Variant],
    rows: Sequence[NewPrice],
    indexes: Sequence[int],
    seen: set[int],
    changed: list[tuple[Variant, Money]],
) -> Iterable[tuple[int, Outcome]]:
    """Sets the prices in memory; of a product whose variants would then differ in currency, none."""
    product_id = variants[rows[indexes[0]].variant].product_id
    wanted = {rows[index].variant: rows[index] for index in reversed(indexes)}
    whole = [
        offer_with(variant, wanted.get(variant.pk))
        for variant in variants.values()
        if variant.product_id == product_id
    ]
    problem = next((found for i, offer in enumerate(whole) if (found := clash(offer, whole[:i]))), None)
    for index in indexes:
        variant = variants[rows[index].variant]
        if problem is not None:
            yield index, Refused(problem.code, problem.detail)
        elif variant.pk in seen:
            yield index, TWICE
        else:
            seen.add(variant.pk)
            yield index, set_one(variant, rows[index], changed)


def offer_with(variant: Variant, row: NewPrice | None) -> NewVariant:
    price, compare_at = variant.regular_price, variant.compare_at_price
    if row is not None:
        price, compare_at = row.price, row.compare_at_price if row.has_compare_at else compare_at
    return NewVariant(sku=variant.sku, price=price, compare_at_price=compare_at, options=variant.options)


def set_one(variant: Variant, row: NewPrice, changed: list[tuple[Variant, Money]]) -> Outcome:
    before, shown = (variant.regular_price, variant.compare_at_price), variant.shown_price
    offer = offer_with(variant, row)
    if before == (offer.price, offer.compare_at_price):
        return UNCHANGED
    set_price(variant, offer.price, offer.compare_at_price)
    changed.append((variant, shown))
    return UPDATED


def save_prices(changed: Sequence[tuple[Variant, Money]]) -> None:
    """Needs the products locked."""
    products = {variant.product_id: variant.product for variant, _ in changed}
    Variant.objects.bulk_create(
        [variant for variant, _ in changed],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=PRICE_COLUMNS,
    )
    Product.objects.filter(pk__in=products).update(version=F("version") + 1)
    refresh_products(list(products.values()))
    announce_prices(changed)


@transaction.atomic
def set_stock(*, seller_id: int | None, rows: Sequence[NewStock], reason: str, actor: str) -> list[Outcome]:
    """An outcome for each row. Locks all levels of the variants in id order, then the locations."""
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
    if level.available + delta < 0 or level.on_hand + delta >= 2**31:
        return Refused("insufficient_stock", f"{level.available} can be taken away.")
    seen.add(level)
    if delta:
        deltas[level] = delta
    return UPDATED if delta else UNCHANGED


class Levels:
    """The levels that rows are about, locked; made where a location is named that has none yet."""

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
            found = StockLevel.objects.create(variant=variant, location=place)
            levels.append(found)
        return found

    def place_of(self, variant: Variant, named: int | None) -> Location | None:
        """The location that is named, else the first that has a level, else the shop's first."""
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
