"""The values of a new variant, and the rules for variants of one product."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.services.currencies import FurtherPrice
from catalog.services.sales import Sale
from config.shared.errors import invalid
from config.shared.money import Money

MAX_VARIANTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """`file_stock` is the stock in the seller's file, for a variant created by an import."""

    sku: str
    price: Money
    compare_at_price: Money | None = None
    sale: Sale | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    barcode: str = ""
    prices: Sequence[FurtherPrice] = ()  # in further currencies
    stock: int = 0
    file_stock: int | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a variant conflicts with the product's others: the field, a stable code, and what is wrong."""

    field: str
    code: str
    detail: str


def clash(offer: NewVariant, others: Sequence[NewVariant]) -> Clash | None:
    """The first conflict of `offer` with `others`, the variants of the same product; None if it fits."""
    return next(clashes(offer, others), None)


def clashes(offer: NewVariant, others: Sequence[NewVariant]) -> Iterator[Clash]:
    if offer.compare_at_price is not None and offer.compare_at_price.currency != offer.price.currency:
        yield Clash("compare_at_price", "currency_mismatch", "Must be of the price's currency.")
    if not others:
        return
    if offer.price.currency != others[0].price.currency:
        yield Clash("price", "currency_mismatch", "All prices of a product are of one currency.")
    if offer.options.keys() != others[0].options.keys():
        yield Clash("options", "options_differ", "All variants of a product have the same options.")
    if any(offer.sku == other.sku for other in others):
        yield Clash("sku", "duplicate", f"{offer.sku} is given twice.")
    if any(offer.options == other.options for other in others):
        yield Clash("options", "duplicate", "Another variant has these options.")
    if len(others) >= MAX_VARIANTS:
        yield Clash("sku", "too_many_variants", f"A product has at most {MAX_VARIANTS} variants.")


def check_offers(offers: Sequence[NewVariant]) -> None:
    """Raises 400 at the first variant that conflicts with those before it."""
    for index, offer in enumerate(offers):
        if found := clash(offer, offers[:index]):
            raise invalid(f"variants/{index}/{found.field}", found.detail, found.code)
