"""What a cart costs and why: pure functions, the same for cart, quote and placement.

Rounding, all in minor units of one currency:
1. A discount is calculated once over the lines that it applies to (per cent: half a unit up) and shared over them by
   largest remainder, so that the shares sum to it; several apply one after another (see `deductions`).
2. Each seller has one shipping fee; whether it is free depends on the worth of the seller's goods after discounts.
3. Tax is calculated for each line after its discount (half a unit up), and for each fee; the total is their sum.
   An inclusive rate takes the tax out of the price (total x rate / (1 + rate)), an exclusive one adds it on top.
4. For a tax-free customer nothing is added, and the tax that a unit price contains is taken out of it (half a unit up).
So total = subtotal - discount + shipping + tax - tax_included, for each line, each seller and the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from config.shared.money import MAX_AMOUNT, apply_rate, tax_included
from orders.errors import TotalTooLarge
from orders.services.deductions import FREE_SHIPPING, STANDARD, Deduction, Line, discounts_of, groups_of

SHIPPING = "shipping"  # tax class


@dataclass(frozen=True, slots=True)
class Fee:
    """A shipping option of a seller. `steps` are prices by the goods' worth: (up to this, price), ascending.

    `days` is the delivery time in days, least and most, if the seller gives it.
    """

    seller_id: int
    option: str
    name: str
    amount: int
    free_from: int | None = None
    steps: tuple[tuple[int, int], ...] = ()
    kind: str = "flat"
    days: tuple[int | None, int | None] = (None, None)

    def due(self, goods: int) -> int:
        """The price of shipping goods worth `goods` after discounts; above the last step, `amount`."""
        if self.free_from is not None and goods >= self.free_from:
            return 0
        return next((price for up_to, price in self.steps if goods <= up_to), self.amount)


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
    """An amount after discounts, and the tax contained in it or added to it."""

    total: int
    tax: int = 0
    rule: TaxRule | None = None

    @property
    def included(self) -> int:
        return self.tax if self.rule is not None and self.rule.inclusive else 0


@dataclass(frozen=True, slots=True)
class PricedLine:
    """`discounts` are the line's shares of each deduction that reduces it."""

    line: Line
    discounts: Sequence[tuple[Deduction, int]]
    taxed: Taxed

    @property
    def discount(self) -> int:
        return sum(amount for _, amount in self.discounts)


@dataclass(frozen=True, slots=True)
class PricedFee:
    """`price` is what the fee would be without the `deduction` that makes it free."""

    fee: Fee
    price: int
    deduction: Deduction | None
    taxed: Taxed

    @property
    def discount(self) -> int:
        return self.price if self.deduction is not None else 0


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
    deductions: Sequence[Deduction] = ()
    sums: Sums = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sums", sums_of(self.lines, self.fees))

    def given_by(self, deduction: Deduction) -> tuple[int, int]:
        """What the deduction takes off the goods, and off the fees."""
        shares = [amount for line in self.lines for one, amount in line.discounts if one == deduction]
        return sum(shares), sum(fee.discount for fee in self.fees if fee.deduction == deduction)

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
    deductions: Sequence[Deduction] = (),
    fees: Iterable[Fee] = (),
    taxes: Sequence[TaxRule] = (),
    is_tax_free: bool = False,
) -> Priced:
    """The whole calculation, with the group of deductions that is best for the buyer; among equals, the first group.

    Raises TotalTooLarge beyond what JSON can carry exactly.
    """
    if is_tax_free:
        lines = [untaxed(line, taxes) for line in lines]
        fees, taxes = [untaxed_fee(fee, taxes) for fee in fees], []
    known = list(fees)
    results = [price_with(group, currency, lines, known, taxes) for group in groups_of(deductions)]
    best = min(results, key=lambda priced: priced.sums.total)
    if max(best.sums.subtotal, best.sums.total) > MAX_AMOUNT:
        raise TotalTooLarge
    return best


def price_with(
    group: Sequence[Deduction],
    currency: str,
    lines: Sequence[Line],
    fees: Sequence[Fee],
    taxes: Sequence[TaxRule],
) -> Priced:
    priced = []
    for line, taken in zip(lines, discounts_of(lines, group), strict=True):
        left = line.amount - sum(amount for _, amount in taken)
        priced.append(PricedLine(line, taken, taxed(left, tax_rule(taxes, line.tax_class))))
    goods = goods_by_seller(lines, [one.discount for one in priced])
    return Priced(
        currency, priced, [price_fee(fee, goods[fee.seller_id], group, taxes) for fee in fees], group
    )


def untaxed(line: Line, taxes: Sequence[TaxRule]) -> Line:
    """The line at its price without the tax that the price contains."""
    return replace(line, unit_amount=without_tax(line.unit_amount, tax_rule(taxes, line.tax_class)))


def untaxed_fee(fee: Fee, taxes: Sequence[TaxRule]) -> Fee:
    rule = tax_rule(taxes, SHIPPING, fallback=False)
    steps = tuple((up_to, without_tax(amount, rule)) for up_to, amount in fee.steps)
    return replace(fee, amount=without_tax(fee.amount, rule), steps=steps)


def without_tax(amount: int, rule: TaxRule | None) -> int:
    return amount - rule.tax_on(amount) if rule is not None and rule.inclusive else amount


def goods_by_seller(lines: Sequence[Line], discounts: Sequence[int]) -> dict[int, int]:
    """Each seller's goods after discounts."""
    goods: dict[int, int] = {}
    for line, discount in zip(lines, discounts, strict=True):
        goods[line.seller_id] = goods.get(line.seller_id, 0) + line.amount - discount
    return goods


def price_fee(fee: Fee, goods: int, group: Sequence[Deduction], taxes: Sequence[TaxRule]) -> PricedFee:
    due = fee.due(goods)
    by = next((one for one in group if one.kind == FREE_SHIPPING and one.serves(fee.seller_id)), None)
    by = by if due else None
    return PricedFee(fee, due, by, taxed(0 if by else due, tax_rule(taxes, SHIPPING, fallback=False)))


def taxed(amount: int, rule: TaxRule | None) -> Taxed:
    return Taxed(amount, rule.tax_on(amount), rule) if rule else Taxed(amount)


def tax_rule(taxes: Sequence[TaxRule], tax_class: str, *, fallback: bool = True) -> TaxRule | None:
    """The rate for a class: the region's before the country's; a class without a rate takes the standard one."""
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


def goods_of(priced: Priced) -> Mapping[int, int]:
    return goods_by_seller([one.line for one in priced.lines], [one.discount for one in priced.lines])
