"""Existing products of a shop that a file names, locked, with everything that a row can change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch

from accounts.models import Seller
from catalog.models import Location, Product, StockLevel, Variant
from catalog.services.stock import default_location


@dataclass(slots=True)
class Known:
    """The live variants have `levels_in_order`; new counts are written to the first of these levels."""

    product: Product
    variants: list[Variant] = field(default_factory=list)


def lock_known(seller: Seller, handles: Sequence[str]) -> dict[str, Known]:
    """Handle → product, for existing ones. Locks levels, then products, then locations, each in id order."""
    named = Product.objects.filter(seller=seller, handle__in=handles)
    ids = list(named.values_list("pk", flat=True))
    if not ids:
        return {}
    lock(StockLevel.objects.filter(variant__product__in=ids))
    rows = Product.objects.with_refs().filter(pk__in=ids).order_by("pk")
    found = {product.pk: Known(product) for product in rows.select_for_update(of=("self",), no_key=True)}
    lock(Location.objects.filter(seller=seller))
    for variant in variants_of(ids):
        variant.product = found[variant.product_id].product
        found[variant.product_id].variants.append(variant)
    give_levels(seller, [variant for known in found.values() for variant in known.variants])
    return {known.product.handle: known for known in found.values()}


def lock(rows: object) -> None:
    list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))  # type: ignore[attr-defined]


def variants_of(product_ids: Sequence[int]) -> Iterable[Variant]:
    levels = Prefetch("levels", StockLevel.objects.select_related("location"))
    return Variant.objects.live().filter(product__in=product_ids).prefetch_related(levels, "prices")


def give_levels(seller: Seller, variants: Sequence[Variant]) -> None:
    """Sets `levels_in_order`; a variant without a level at an open location gets one at the first location."""
    for variant in variants:
        levels = sorted(variant.levels.all(), key=order)
        if not levels or not levels[0].location.is_active:
            location = default_location(seller_id=seller.pk)
            levels = [StockLevel.objects.create(variant=variant, location=location), *levels]
        variant.levels_in_order = levels  # type: ignore[attr-defined]


def order(level: StockLevel) -> tuple[bool, int, int]:
    return not level.location.is_active, level.location.priority, level.pk
