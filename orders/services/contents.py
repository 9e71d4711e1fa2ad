"""A cart as it stands now: prices and availability read again, and what has changed since its owner wrote it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Variant, VariantPrice
from config.shared.money import Money
from orders.errors import CurrencyMismatch
from orders.models import SHIPPING_TAX_CLASS, STANDARD, Cart, CartItem, Coupon
from orders.services import pricing
from orders.services.coupons import Buyer, deduction_of, reason_against
from orders.services.deductions import Deduction, Line


@dataclass
class CartLine:
    """`available` is 0 for a variant that is no longer on sale (or has no price in the cart's currency). `currency` is
    the cart's; a line without a price in it shows the variant's own.
    """

    item: CartItem
    variant: Variant
    available: int
    is_on_sale: bool
    currency: str

    @property
    def unit_price(self) -> Money:
        return (self.variant.offer_in(self.currency) or self.variant).price

    @property
    def is_available(self) -> bool:
        return self.available >= self.item.quantity

    @property
    def priced(self) -> Line:
        variant = self.variant
        return Line(
            variant.pk,
            variant.seller_id,
            self.item.quantity,
            self.unit_price.amount,
            tax_class_of(variant),
            variant.weight_g or 0,
        )

    @property
    def total(self) -> Money:
        return Money(self.unit_price.amount * self.item.quantity, self.unit_price.currency)

    def changes(self) -> Iterable[dict[str, Any]]:
        """What the owner should know about the line."""
        name = {"item": str(self.item.pk), "variant": str(self.variant.pk)}
        if not self.is_on_sale:
            yield {"kind": "unavailable", **name}
        elif not self.is_available:
            yield {
                "kind": "insufficient_stock",
                **name,
                "quantity": self.item.quantity,
                "available": self.available,
            }
        if self.item.price_amount != self.unit_price.amount:
            seen = Money(self.item.price_amount, self.unit_price.currency)
            yield {
                "kind": "price_changed",
                **name,
                "from": seen.as_json(),
                "to": self.unit_price.as_json(),
            }


@dataclass(frozen=True, slots=True)
class Discount:
    """What a coupon or promotion takes off the goods and off the shipping."""

    coupon: Coupon
    goods: Money
    shipping: Money


@dataclass
class Contents:
    """A cart and its lines. `on_sale` maps ids to the variants that were read; `notes` are changes made by a merge.

    `saved` are lines kept for later, `automatic` the promotions that need no code, `mark` the rules' (see `rulebook`).
    """

    cart: Cart
    buyer: Buyer = field(default_factory=Buyer)
    lines: list[CartLine] = field(default_factory=list)
    saved: list[CartLine] = field(default_factory=list)
    automatic: list[Coupon] = field(default_factory=list)
    on_sale: dict[int, Variant] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    mark: Any = None

    @property
    def currency(self) -> str:
        return self.cart.currency or settings.DEFAULT_CURRENCY

    @property
    def coupon(self) -> Coupon | None:
        return self.cart.coupon

    @property
    def priced_lines(self) -> list[Line]:
        return [line.priced for line in self.lines]

    @property
    def weights(self) -> Counter[int]:
        """Grams, by seller."""
        weights: Counter[int] = Counter()
        for line in self.priced_lines:
            weights[line.seller_id] += line.weight * line.quantity
        return weights

    @property
    def tax_classes(self) -> tuple[str, ...]:
        return tuple(sorted({*(line.tax_class for line in self.priced_lines), SHIPPING_TAX_CLASS}))

    @property
    def now(self) -> datetime:
        return getattr(self.cart, "now", None) or timezone.now()

    def deduction_of(self, coupon: Coupon) -> Deduction:
        return deduction_of(coupon, [line.variant for line in self.lines])

    def reason_against(self, coupon: Coupon) -> str:
        """Why a coupon has no effect now; "" if it has."""
        return reason_against(
            coupon,
            self.deduction_of(coupon),
            currency=self.currency,
            lines=self.priced_lines,
            now=self.now,
            buyer=self.buyer,
        )

    @cached_property
    def coupon_problem(self) -> str:
        """Why the coupon has no effect now; "" if it has, or if there is none. Cached: if another order uses it up
        meanwhile, placement must refuse, not go on without it."""
        return self.reason_against(self.coupon) if self.coupon is not None else ""

    @cached_property
    def working(self) -> dict[str, Coupon]:
        """The promotions that apply, by code, in the order in which they apply: the buyer's coupon last."""
        automatic = [coupon for coupon in self.automatic if not self.reason_against(coupon)]
        chosen = [self.coupon] if self.coupon is not None and not self.coupon_problem else []
        return {coupon.code: coupon for coupon in (*automatic, *chosen)}

    @cached_property
    def deductions(self) -> list[Deduction]:
        return [self.deduction_of(coupon) for coupon in self.working.values()]

    @cached_property
    def priced(self) -> pricing.Priced:
        """Goods and deductions, without shipping and tax, which need an address."""
        return pricing.price(currency=self.currency, lines=self.priced_lines, deductions=self.deductions)

    @property
    def discounts(self) -> list[Discount]:
        return self.discounts_in(self.priced)

    def discounts_in(self, priced: pricing.Priced) -> list[Discount]:
        """What each promotion takes off; includes the buyer's coupon even if that is nothing."""
        given = [(self.working[one.code], priced.given_by(one)) for one in priced.deductions]
        return [
            Discount(coupon, *(Money(amount, self.currency) for amount in amounts))
            for coupon, amounts in given
            if any(amounts) or coupon == self.coupon
        ]

    @property
    def subtotal(self) -> Money:
        return Money(self.priced.sums.subtotal, self.currency)

    @property
    def discount_total(self) -> Money:
        return Money(self.priced.sums.discount, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.priced.sums.total, self.currency)

    @property
    def changes(self) -> list[dict[str, Any]]:
        found = [*self.notes, *(change for line in self.lines for change in line.changes())]
        if self.coupon is not None and (problem := self.coupon_problem or self.better_offer):
            found.append({"kind": "coupon_not_applied", "code": self.coupon.code, "reason": problem})
        return found

    @property
    def better_offer(self) -> str:
        """Names the problem if the coupon works but a promotion that it does not stack with takes off more."""
        used = {one.code for one in self.priced.deductions}
        return "better_offer" if self.coupon is not None and self.coupon.code not in used else ""

    def line_of(self, variant_id: int) -> CartLine | None:
        return next((line for line in (*self.lines, *self.saved) if line.variant.pk == variant_id), None)

    def sort_in(self, line: CartLine) -> None:
        """Moves a line to `lines` or `saved`, as its item says."""
        there, here = (self.lines, self.saved) if line.item.is_saved else (self.saved, self.lines)
        if line in there:
            there.remove(line)
        if line not in here:
            here.append(line)
        line.currency = self.cart.currency

    def line_for(self, item: CartItem) -> CartLine:
        """A line for the item, with what `on_sale` knows of its variant."""
        variant = self.on_sale.get(item.variant_id)
        fits = variant is not None and (item.is_saved or self.takes(variant))
        available = max(0, variant.available_quantity) if variant is not None and fits else 0  # type: ignore[attr-defined]
        return CartLine(item, variant or item.variant, available, fits, self.cart.currency)

    def takes(self, variant: Variant) -> bool:
        """Whether the variant has a price in the cart's currency, if the cart has one."""
        return not self.cart.currency or variant.offer_in(self.cart.currency) is not None

    def settle_currency(self, variant: Variant, asked: str = "") -> None:
        """The first line decides: the currency asked for, the shop's or the variant's own. Raises CurrencyMismatch."""
        fixed = self.cart.currency if self.lines else ""
        wanted = fixed or asked
        load_prices([variant], wanted or settings.DEFAULT_CURRENCY)
        if not wanted:
            shops = settings.DEFAULT_CURRENCY
            wanted = shops if variant.offer_in(shops) else variant.currency
        if variant.offer_in(wanted) is None:
            raise CurrencyMismatch(cart=wanted, variant=variant.currency)
        if asked not in ("", wanted):
            raise CurrencyMismatch(cart=wanted, variant=asked)
        self.cart.currency = wanted


def tax_class_of(variant: Variant) -> str:
    """The class in the product's attribute `tax_class`, else "standard"."""
    named = variant.product.attributes.get("tax_class")
    return named if isinstance(named, str) and named else STANDARD


def load_prices(variants: Iterable[Variant], currency: str) -> None:
    """Loads, in one statement, the further prices of variants whose own currency is not the cart's."""
    others = [variant for variant in variants if currency and variant.currency != currency]
    if others:
        prices = VariantPrice.objects.annotate(now=Now())
        prefetch_related_objects(others, Prefetch("prices", prices))
