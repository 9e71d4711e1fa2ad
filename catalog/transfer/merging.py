"""Compares a draft with the existing product: what changes, and whether it may."""

from dataclasses import dataclass, field
from typing import Any

from catalog.errors import InsufficientStock
from catalog.models import Product, StockLevel, Variant
from catalog.services.currencies import PriceEdits
from catalog.services.offers import NewVariant, clash
from catalog.services.sales import set_price
from catalog.transfer.cells import BadCell
from catalog.transfer.drafts import Draft, DraftVariant
from config.shared.money import Money


@dataclass(slots=True)
class Merge:
    """`product` and its `variants` (with `levels_in_order`) are locked rows, changed here and saved by the caller.
    `status` is the product's new status. `prices` has each edited variant with its price before; `claims` maps SKUs that
    are new to the shop to their lines.
    """

    product: Product
    variants: list[Variant]
    draft: Draft
    status: str
    is_edited: bool = False
    was_active: bool = False
    saved: dict[int, Variant] = field(default_factory=dict)
    prices: list[tuple[Variant, Money]] = field(default_factory=list)
    added: list[NewVariant] = field(default_factory=list)
    further: PriceEdits = field(default_factory=PriceEdits)
    claims: dict[str, int] = field(default_factory=dict)
    counts: dict[StockLevel, int] = field(default_factory=dict)

    @property
    def has_changes(self) -> bool:
        return self.is_edited or any(self.counts.values())

    def merge(self, values: dict[str, Any]) -> None:
        """Raises BadCell."""
        self.was_active = self.product.status == Product.Status.ACTIVE
        self.status = values.pop("status", self.product.status)
        self.is_edited = self.status != self.product.status
        for name, value in values.items():
            if getattr(self.product, name) != value:
                setattr(self.product, name, value)
                self.is_edited = True
        for row in self.draft.variants:
            self.merge_variant(row)
        if self.prices or self.added:
            self.is_edited = True
            self.check_whole()

    def merge_variant(self, row: DraftVariant) -> None:
        variant = self.find(row)
        if variant is None:
            self.added.append(row.as_new())
            self.claims[row.sku] = row.line
            return
        self.check_currency(variant, row)
        wanted = dict(row.values) | ({} if row.options is None else {"options": row.options})
        wanted |= {"sku": row.sku} if row.has_sku else {}
        changes = {name: value for name, value in wanted.items() if present(variant, name) != value}
        if "sku" in changes:
            self.claims[row.sku] = row.line
        if changes:
            self.change(variant, changes)
        further = {price.currency: price for price in variant.prices.all()}
        self.is_edited |= self.further.plan(variant, further, row.prices)
        self.count(variant, row)

    def find(self, row: DraftVariant) -> Variant | None:
        """By SKU, else by options: a blank SKU finds its variant even after rows were inserted; a new SKU renames it."""
        by_sku = (variant for variant in self.variants if variant.sku == row.sku)
        by_options = (variant for variant in self.variants if variant.options == row.options)
        return next(by_sku, None) or next(by_options, None)

    def check_currency(self, variant: Variant, row: DraftVariant) -> None:
        """Refuses a row without a currency if the product's changed after the row was read, before the lock."""
        if not row.has_currency and row.values["price"].currency != variant.currency:
            detail = "The product's currency was changed meanwhile: upload the file again."
            raise BadCell("price", "currency_mismatch", detail, line=row.line)

    def change(self, variant: Variant, changes: dict[str, Any]) -> None:
        self.prices.append((variant, variant.shown_price))
        price = changes.pop("price", variant.regular_price)
        compare_at = changes.pop("compare_at_price", variant.compare_at_price)
        for name, value in changes.items():
            setattr(variant, name, value)
        if compare_at is not None and compare_at.currency != price.currency:
            compare_at = None  # the file has no column for it, and the old one is in another currency
        set_price(variant, price, compare_at)
        self.saved[variant.pk] = variant

    def count(self, variant: Variant, row: DraftVariant) -> None:
        """Applies a stock only if it differs from the last file's: the same number says nothing about sales since."""
        if row.stock is None or row.stock == variant.file_stock:
            return
        variant.file_stock = row.stock
        self.saved[variant.pk] = variant
        levels = variant.levels_in_order  # type: ignore[attr-defined]
        delta = row.stock - sum(level.on_hand for level in levels)
        if delta < 0 and levels[0].sellable + delta < 0:
            raise BadCell("stock", InsufficientStock.code, InsufficientStock.detail, line=row.line)
        self.counts[levels[0]] = delta

    def check_whole(self) -> None:
        """Checks that the resulting variants fit together; sets the product's option names to theirs."""
        offers: list[NewVariant] = []
        for offer in [*map(offer_of, self.variants), *self.added]:
            if found := clash(offer, offers):
                line = next((row.line for row in self.draft.variants if row.sku == offer.sku), 0)
                raise BadCell(found.field, found.code, found.detail, line=line)
            offers.append(offer)
        names = list(offers[0].options)
        if set(names) != set(self.product.option_names):
            self.product.option_names = names


def present(variant: Variant, name: str) -> Any:
    """The value as files give it: the regular price, even during a sale."""
    return variant.regular_price if name == "price" else getattr(variant, name)


def offer_of(variant: Variant) -> NewVariant:
    return NewVariant(
        sku=variant.sku,
        price=variant.regular_price,
        compare_at_price=variant.compare_at_price,
        options=variant.options,
    )
