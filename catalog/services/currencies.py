"""Prices of variants in further currencies. Every function here needs the products locked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Func, Value
from django.db.models.functions import Coalesce, Now

from catalog.models import PriceChange, Variant, VariantPrice
from catalog.services.prices import announce_further
from catalog.services.sales import PRICE_COLUMNS, Sale, set_price, set_sale
from config.shared.errors import invalid
from config.shared.money import Money

MAX_CURRENCIES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherPrice:
    """`sale` stays unchanged unless `has_sale`."""

    price: Money
    compare_at_price: Money | None = None
    sale: Sale | None = None
    has_sale: bool = True


Wanted = Mapping[str, FurtherPrice | None]  # currency → the price in it, None to remove it


@dataclass(slots=True)
class PriceEdits:
    """Pending changes of further prices, for any number of variants, saved together."""

    saved: list[tuple[VariantPrice, Money | None]] = field(
        default_factory=list
    )  # with the price shown before
    ended: list[VariantPrice] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.saved or self.ended)

    def plan(self, variant: Variant, present: Mapping[str, VariantPrice], wanted: Wanted) -> bool:
        """Returns whether anything changes."""
        before = len(self.saved) + len(self.ended)
        for currency, offer in wanted.items():
            row = present.get(currency)
            if offer is not None and not (row is not None and is_same(row, offer)):
                self.set(row or VariantPrice(variant=variant, product_id=variant.product_id), offer)
            elif offer is None and row is not None:
                self.ended.append(row)
        return len(self.saved) + len(self.ended) > before

    def set(self, row: VariantPrice, offer: FurtherPrice) -> None:
        shown = row.shown_price if row.pk else None
        set_price(row, offer.price, offer.compare_at_price)
        if offer.has_sale:
            set_sale(row, offer.sale)
        self.saved.append((row, shown))

    def save(self) -> None:
        """The caller refreshes the products. Records ended prices in the history; triggers record other changes."""
        known = [row for row, _ in self.saved if row.pk is not None]
        VariantPrice.objects.bulk_create([row for row, _ in self.saved if row.pk is None])
        VariantPrice.objects.bulk_create(
            known, update_conflicts=True, unique_fields=["id"], update_fields=PRICE_COLUMNS
        )
        PriceChange.objects.bulk_create(map(end_of, self.ended))
        VariantPrice.objects.filter(pk__in=[row.pk for row in self.ended]).delete()
        announce_further((row, shown) for row, shown in self.saved if shown is not None)


def is_same(row: VariantPrice, offer: FurtherPrice) -> bool:
    sale = (offer.sale.price.amount, offer.sale.starts_at, offer.sale.ends_at) if offer.sale else (None,) * 3
    is_same_sale = not offer.has_sale or sale == (row.sale_amount, row.sale_from, row.sale_until)
    return is_same_sale and (row.regular_price, row.compare_at_price) == (offer.price, offer.compare_at_price)


def end_of(row: VariantPrice) -> PriceChange:
    author = Coalesce(Func(Value("souk.actor"), Value(True), function="current_setting"), Value(""))
    return PriceChange(
        variant_id=row.variant_id, currency=row.currency, is_sale=False, actor=author, at=Now()
    )


def present_prices(variants: Iterable[Variant]) -> dict[int, dict[str, VariantPrice]]:
    """Variant id → currency → row."""
    found: dict[int, dict[str, VariantPrice]] = {}
    for row in VariantPrice.objects.filter(variant__in=[variant.pk for variant in variants]):
        found.setdefault(row.variant_id, {})[row.currency] = row
    return found


def add_prices(pairs: Sequence[tuple[Variant, Sequence[FurtherPrice]]]) -> None:
    """Adds further prices to new variants."""
    edits = PriceEdits()
    for variant, offers in pairs:
        edits.plan(variant, {}, {offer.price.currency: offer for offer in offers})
    if edits:
        edits.save()


def replace_prices(variant: Variant, offers: Sequence[FurtherPrice]) -> bool:
    """Replaces all further prices; returns whether anything changed. Raises 400 for two prices in one currency."""
    present = present_prices([variant]).get(variant.pk, {})
    wanted: dict[str, FurtherPrice | None] = dict.fromkeys(present)
    edits = PriceEdits()
    is_changed = edits.plan(variant, present, wanted | {one.price.currency: one for one in offers})
    if is_changed:
        edits.save()
    return is_changed


def check_further(own: Money, offers: Sequence[FurtherPrice]) -> list[FurtherPrice]:
    """The offers except the own price, which may be repeated unchanged. Raises 400 for two in one currency."""
    seen = {own.currency}
    further = []
    for index, offer in enumerate(offers):
        if offer.price == own:
            continue
        if offer.price.currency in seen:
            raise invalid(
                f"prices/{index}/price", f"There is another price in {offer.price.currency}.", "duplicate"
            )
        seen.add(offer.price.currency)
        further.append(offer)
    return further
