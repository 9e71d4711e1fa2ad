"""What coupons and automatic promotions take off: pure functions, in minor units of one currency.

Several apply one after another, each to what the ones before have left: automatic ones in the order of their ids, the
coupon last. One that does not stack applies alone: the buyer gets the best of "all that stack" and each of the others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.shared.money import apply_rate, share

PERCENT, FIXED, FREE_SHIPPING, BUY_X_GET_Y = "percent", "fixed", "free_shipping", "buy_x_get_y"
STANDARD = "standard"  # tax class


@dataclass(frozen=True, slots=True)
class Line:
    """`key` identifies the line: the variant's id. `weight` is that of one unit, in grams."""

    key: int
    seller_id: int
    quantity: int
    unit_amount: int
    tax_class: str = STANDARD
    weight: int = 0

    @property
    def amount(self) -> int:
        return self.unit_amount * self.quantity


@dataclass(frozen=True, slots=True)
class Deduction:
    """A coupon's rule. `percent` 12.5 is 12.5 %; a seller's applies only to that seller's lines and fee.

    `keys` are the lines that it is limited to, None for all. In every `buy` + `get` units, the cheapest `get` are
    reduced by `percent`.
    """

    code: str
    kind: str
    percent: Decimal | None = None
    amount: int | None = None
    minimum_amount: int | None = None
    currency: str = ""
    seller_id: int | None = None
    keys: frozenset[int] | None = None
    buy: int = 0
    get: int = 0
    is_stackable: bool = True

    def serves(self, seller_id: int) -> bool:
        return self.seller_id in (None, seller_id)

    def covers(self, line: Line) -> bool:
        return self.serves(line.seller_id) and (self.keys is None or line.key in self.keys)


def inapplicable(deduction: Deduction, *, currency: str, lines: Sequence[Line]) -> str:
    """Why it has no effect on these lines: "currency", "seller", "products", "minimum", "quantity"; "" if it has."""
    covered = [line for line in lines if deduction.covers(line)]
    if deduction.currency and deduction.currency != currency:
        return "currency"
    if not any(deduction.serves(line.seller_id) for line in lines):
        return "seller"
    if not covered:
        return "products"
    if sum(line.amount for line in covered) < (deduction.minimum_amount or 0):
        return "minimum"
    units = sum(line.quantity for line in covered)
    return "quantity" if units < deduction.buy + deduction.get else ""


def groups_of(deductions: Sequence[Deduction]) -> list[list[Deduction]]:
    """The candidate groups: all deductions that stack, and each that does not, alone."""
    together = [one for one in deductions if one.is_stackable]
    return [together, *([one] for one in deductions if not one.is_stackable)]


def discounts_of(lines: Sequence[Line], deductions: Iterable[Deduction]) -> list[list[tuple[Deduction, int]]]:
    """For each line, the deductions that take something off it, and how much."""
    taken: list[list[tuple[Deduction, int]]] = [[] for _ in lines]
    left = [line.amount for line in lines]
    for deduction in deductions:
        for index, amount in enumerate(one_discount(lines, left, deduction)):
            if amount:
                left[index] -= amount
                taken[index].append((deduction, amount))
    return taken


def one_discount(lines: Sequence[Line], left: Sequence[int], deduction: Deduction) -> list[int]:
    """What it takes off each line; `left` is what earlier deductions have left of each."""
    weights = [amount if deduction.covers(line) else 0 for line, amount in zip(lines, left, strict=True)]
    if deduction.kind == FREE_SHIPPING or not sum(weights):
        return [0] * len(lines)
    if deduction.kind == BUY_X_GET_Y:
        return cheapest_units(lines, weights, deduction)
    return share(discount_on(sum(weights), deduction), weights)


def discount_on(amount: int, deduction: Deduction) -> int:
    if deduction.kind == PERCENT:
        return apply_rate(amount, (deduction.percent or Decimal(0)) / 100)
    return min(amount, deduction.amount or 0)


def cheapest_units(lines: Sequence[Line], left: Sequence[int], deduction: Deduction) -> list[int]:
    """Reduces the cheapest `get` of every `buy` + `get` units; at equal prices, those of the last line first."""
    covered = [index for index, line in enumerate(lines) if deduction.covers(line)]
    units = sum(lines[index].quantity for index in covered)
    free = units // (deduction.buy + deduction.get) * deduction.get
    rate = (deduction.percent or Decimal(100)) / 100
    discounts = [0] * len(lines)
    for index in sorted(covered, key=lambda index: (lines[index].unit_amount, -index)):
        taken = min(free, lines[index].quantity)
        free -= taken
        discounts[index] = min(left[index], apply_rate(lines[index].unit_amount * taken, rate))
    return discounts
