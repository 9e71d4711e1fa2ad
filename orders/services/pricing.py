"""What a cart costs and why: pure functions, the same for cart, quote and placement.

Rounding, all in minor units of one currency:
1. A coupon's discount is worked out once over the lines that it applies to (per cent: half a unit up) and shared over
   them by largest remainder, so that the shares sum to it.
2. Shipping is one fee a seller; whether it is free is decided by the seller's goods after the discount.
3. Tax is worked out for each line after its discount (half a unit up), and for each fee; the total is their sum.
   An inclusive rate takes the tax out of the price (total x rate / (1 + rate)), an exclusive one adds it on top.
So total = subtotal - discount + shipping + tax - tax_included, for each line, each seller and the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from config.shared.money import MAX_AMOUNT, apply_rate, share, tax_included
from orders.errors import TotalTooLarge

PERCENT, FIXED, FREE_SHIPPING = "percent", "fixed", "free_shipping"
STANDARD, SHIPPING = "standard", "shipping"  # tax classes


@dataclass(frozen=True, slots=True)
class Line:
    """`key` tells lines apart: the variant's id."""

    key: int
    seller_id: int
    quantity: int
    unit_amount: int
    tax_class: str = STANDARD

    @property
    def amount(self) -> int:
        return self.unit_amount * self.quantity


@dataclass(frozen=True, slots=True)
class Deduction:
    """A coupon's rule. `percent` 12.5 is 12.5 %; a seller's applies to that seller's lines and fee alone."""

    code: str
    kind: str
    percent: Decimal | None = None
    amount: int | None = None
    minimum_amount: int | None = None
    currency: str = ""
    seller_id: int | None = None

    def covers(self, seller_id: int) -> bool:
        return self.seller_id in (None, seller_id)


@dataclass(frozen=True, slots=True)
class Fee:
    """A way of shipping that a seller offers."""

    seller_id: int
    option: str
    name: str
    amount: int
    free_from: int | None = None

    def due(self, goods: int) -> int:
        """What it costs to ship goods worth `goods` after discounts."""
        return 0 if self.free_from is not None and goods >= self.free_from else self.amount


@dataclass(frozen=True, slots=True)
class TaxRule:
    country: str
    region: str
    tax_class: str
    rate: Decimal
    inclusive: bool

    def tax_on(self, amount: int) -> int:
        return tax_included(amount, self.rate) if self.inclusive else apply_rate(amount, self.rate)


@dataclass(frozen=True, slots=True)
class Taxed:
    """An amount after discounts, and the tax in it or on it."""

    total: int
    tax: int = 0
    rule: TaxRule | None = None

    @property
    def included(self) -> int:
        return self.tax if self.rule is not None and self.rule.inclusive else 0


@dataclass(frozen=True, slots=True)
class PricedLine:
    line: Line
    discount: int
    taxed: Taxed


@dataclass(frozen=True, slots=True)
class PricedFee:
    """`price` is what the fee would be without the coupon."""

    fee: Fee
    price: int
    discount: int
    taxed: Taxed


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of some lines and fees; `total` follows from the others."""

    subtotal: int
    discount: int
    shipping: int
    tax: int
    tax_included: int

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + self.shipping + self.tax - self.tax_included


@dataclass(frozen=True, slots=True)
class Priced:
    currency: str
    lines: Sequence[PricedLine]
    fees: Sequence[PricedFee]
    sums: Sums = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sums", sums_of(self.lines, self.fees))

    def of_seller(self, seller_id: int) -> Sums:
        lines = [priced for priced in self.lines if priced.line.seller_id == seller_id]
        return sums_of(lines, [priced for priced in self.fees if priced.fee.seller_id == seller_id])

    @property
    def sellers(self) -> list[int]:
        return list(dict.fromkeys(priced.line.seller_id for priced in self.lines))


def price(
    *,
    currency: str,
    lines: Sequence[Line],
    deduction: Deduction | None = None,
    fees: Iterable[Fee] = (),
    taxes: Sequence[TaxRule] = (),
) -> Priced:
    """The whole calculation. Raises TotalTooLarge beyond what JSON can carry exactly."""
    discounts = discounts_of(lines, deduction)
    priced = [
        PricedLine(line, discount, taxed(line.amount - discount, tax_rule(taxes, line.tax_class)))
        for line, discount in zip(lines, discounts, strict=True)
    ]
    goods = goods_by_seller(lines, discounts)
    result = Priced(
        currency, priced, [price_fee(fee, goods[fee.seller_id], deduction, taxes) for fee in fees]
    )
    if max(result.sums.subtotal, result.sums.total) > MAX_AMOUNT:
        raise TotalTooLarge
    return result


def discounts_of(lines: Sequence[Line], deduction: Deduction | None) -> list[int]:
    """What the coupon takes off each line."""
    if deduction is None or deduction.kind == FREE_SHIPPING:
        return [0] * len(lines)
    weights = [line.amount if deduction.covers(line.seller_id) else 0 for line in lines]
    return share(discount_on(sum(weights), deduction), weights) if sum(weights) else [0] * len(lines)


def discount_on(amount: int, deduction: Deduction) -> int:
    if deduction.kind == PERCENT:
        return apply_rate(amount, (deduction.percent or Decimal(0)) / 100)
    return min(amount, deduction.amount or 0)


def goods_by_seller(lines: Sequence[Line], discounts: Sequence[int]) -> dict[int, int]:
    """Each seller's goods after discounts."""
    goods: dict[int, int] = {}
    for line, discount in zip(lines, discounts, strict=True):
        goods[line.seller_id] = goods.get(line.seller_id, 0) + line.amount - discount
    return goods


def price_fee(fee: Fee, goods: int, deduction: Deduction | None, taxes: Sequence[TaxRule]) -> PricedFee:
    due = fee.due(goods)
    is_free = deduction is not None and deduction.kind == FREE_SHIPPING and deduction.covers(fee.seller_id)
    discount = due if is_free else 0
    return PricedFee(fee, due, discount, taxed(due - discount, tax_rule(taxes, SHIPPING, fallback=False)))


def taxed(amount: int, rule: TaxRule | None) -> Taxed:
    return Taxed(amount, rule.tax_on(amount), rule) if rule else Taxed(amount)


def tax_rule(taxes: Sequence[TaxRule], tax_class: str, *, fallback: bool = True) -> TaxRule | None:
    """The rate for a class: the region's before the country's; a class without a rate has the standard one."""
    of_class = [rule for rule in taxes if rule.tax_class == tax_class]
    if not of_class and fallback and tax_class != STANDARD:
        return tax_rule(taxes, STANDARD)
    return max(of_class, key=lambda rule: bool(rule.region), default=None)


def sums_of(lines: Iterable[PricedLine], fees: Iterable[PricedFee]) -> Sums:
    lines, fees = list(lines), list(fees)
    everything = [line.taxed for line in lines] + [fee.taxed for fee in fees]
    return Sums(
        subtotal=sum(priced.line.amount for priced in lines),
        discount=sum(priced.discount for priced in lines),
        shipping=sum(priced.taxed.total for priced in fees),
        tax=sum(one.tax for one in everything),
        tax_included=sum(one.included for one in everything),
    )


def inapplicable(deduction: Deduction, *, currency: str, lines: Sequence[Line]) -> str:
    """Why a coupon does nothing for these lines: "currency", "seller", "minimum"; "" when it applies."""
    covered = sum(line.amount for line in lines if deduction.covers(line.seller_id))
    if deduction.currency and deduction.currency != currency:
        return "currency"
    if not any(deduction.covers(line.seller_id) for line in lines):
        return "seller"
    return "minimum" if covered < (deduction.minimum_amount or 0) else ""


def goods_of(priced: Priced) -> Mapping[int, int]:
    return goods_by_seller([one.line for one in priced.lines], [one.discount for one in priced.lines])
