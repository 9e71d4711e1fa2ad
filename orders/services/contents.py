"""A cart as it stands now: prices and availability read again, and what has changed since its owner wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone

from catalog.models import Variant
from config.shared.money import Money
from orders.models import STANDARD, Cart, CartItem, Coupon
from orders.services import pricing
from orders.services.coupons import deduction_of, reason_against


@dataclass
class CartLine:
    """`available` is 0 for what is not on sale any more (or not in the cart's currency)."""

    item: CartItem
    variant: Variant
    available: int
    is_on_sale: bool

    @property
    def is_available(self) -> bool:
        return self.available >= self.item.quantity

    @property
    def priced(self) -> pricing.Line:
        variant = self.variant
        return pricing.Line(
            variant.pk, variant.seller_id, self.item.quantity, variant.price_amount, tax_class_of(variant)
        )

    @property
    def unit_price(self) -> Money:
        return self.variant.price

    @property
    def total(self) -> Money:
        return Money(self.variant.price_amount * self.item.quantity, self.variant.currency)

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
        if self.item.price_amount != self.variant.price_amount:
            seen = Money(self.item.price_amount, self.variant.currency)
            yield {
                "kind": "price_changed",
                **name,
                "from": seen.as_json(),
                "to": self.variant.price.as_json(),
            }


@dataclass
class Contents:
    """A cart and its lines. `on_sale` has the variants that were read, by id; `notes` are changes made by a merge."""

    cart: Cart
    lines: list[CartLine] = field(default_factory=list)
    on_sale: dict[int, Variant] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def currency(self) -> str:
        return self.cart.currency or settings.DEFAULT_CURRENCY

    @property
    def coupon(self) -> Coupon | None:
        return self.cart.coupon

    @property
    def priced_lines(self) -> list[pricing.Line]:
        return [line.priced for line in self.lines]

    @property
    def coupon_problem(self) -> str:
        """Why the coupon does nothing now; "" when it does, or when there is none."""
        if self.coupon is None:
            return ""
        now = getattr(self.cart, "now", None) or timezone.now()
        return reason_against(self.coupon, currency=self.currency, lines=self.priced_lines, now=now)

    @property
    def deduction(self) -> pricing.Deduction | None:
        return deduction_of(self.coupon) if self.coupon is not None and not self.coupon_problem else None

    @cached_property
    def priced(self) -> pricing.Priced:
        """Goods and coupon, without shipping and tax, which need an address."""
        return pricing.price(currency=self.currency, lines=self.priced_lines, deduction=self.deduction)

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
        if problem := self.coupon_problem:
            found.append({"kind": "coupon_not_applied", "code": self.coupon.code, "reason": problem})  # type: ignore[union-attr]
        return found

    def line_of(self, variant_id: int) -> CartLine | None:
        return next((line for line in self.lines if line.variant.pk == variant_id), None)

    def line_for(self, item: CartItem) -> CartLine:
        """A line with what `on_sale` knows of its variant."""
        variant = self.on_sale.get(item.variant_id)
        fits = variant is not None and self.cart.currency in ("", variant.currency)
        available = max(0, variant.available_quantity) if variant is not None and fits else 0  # type: ignore[attr-defined]
        return CartLine(item, variant or item.variant, available, fits)


def read_contents(cart: Cart, *, also: Iterable[int] = (), notes: Iterable[dict[str, Any]] = ()) -> Contents:
    """Reads lines and variants (two queries); `also` are ids of variants wanted besides.

    A cart of version 0 was never written to, so it has no lines.
    """
    contents = Contents(cart, notes=list(notes))
    items = list(cart.items.select_related("variant__product").order_by("pk")) if cart.version else []  # type: ignore[attr-defined]
    if wanted := {*also, *(item.variant_id for item in items)}:
        contents.on_sale = {
            row.pk: row for row in Variant.objects.for_sale().with_available().filter(pk__in=wanted)
        }
    contents.lines = [contents.line_for(item) for item in items]
    return contents


def tax_class_of(variant: Variant) -> str:
    """What the product's attribute `tax_class` names, else "standard"."""
    named = variant.product.attributes.get("tax_class")
    return named if isinstance(named, str) and named else STANDARD
