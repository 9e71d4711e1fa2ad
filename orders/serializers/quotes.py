"""A quote explained: every line of the total with the rule behind it."""

from typing import Any

from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.money import Money
from orders.serializers.carts import DiscountSerializer
from orders.serializers.orders import DaysSerializer
from orders.services import pricing
from orders.services.contents import CartLine
from orders.services.quoting import Quote


class TaxRuleSerializer(Serializer):
    country = fields.CharField(read_only=True)
    region = fields.CharField(read_only=True)
    tax_class = fields.CharField(read_only=True)
    rate = fields.RateField(read_only=True)
    inclusive = fields.BooleanField(read_only=True)


class LineDiscountSerializer(Serializer):
    code = fields.CharField(read_only=True)
    amount = fields.MoneyField(read_only=True)


class QuoteLineSerializer(Serializer):
    """total = subtotal - discount; `tax` is included in it if the rule is inclusive, and comes on top otherwise.

    `discounts` are the line's shares of each coupon or promotion, and `discount` their sum.
    """

    item = fields.IdField(read_only=True)
    variant = fields.IdField(read_only=True)
    seller = fields.IdField(read_only=True)
    title = fields.CharField(read_only=True)
    sku = fields.CharField(read_only=True)
    quantity = fields.IntegerField(read_only=True)
    unit_price = fields.MoneyField(read_only=True)
    subtotal = fields.MoneyField(read_only=True)
    discount = fields.MoneyField(read_only=True)
    discounts = LineDiscountSerializer(many=True, read_only=True)
    total = fields.MoneyField(read_only=True)
    tax = fields.MoneyField(read_only=True)
    tax_rule = TaxRuleSerializer(read_only=True, allow_null=True)


class QuoteShippingSerializer(Serializer):
    """total = price - discount. `rule`: `flat`, `by_weight`, `by_total`, `free_from` (worth enough) or `free`."""

    seller = fields.IdField(read_only=True)
    option = fields.IdField(read_only=True)
    name = fields.CharField(read_only=True)
    rule = serializers.ChoiceField(
        choices=["flat", "by_weight", "by_total", "free_from", "free"], read_only=True
    )
    free_from = fields.MoneyField(read_only=True, allow_null=True)
    delivery_days = DaysSerializer(read_only=True, allow_null=True)
    price = fields.MoneyField(read_only=True)
    discount = fields.MoneyField(read_only=True)
    total = fields.MoneyField(read_only=True)
    tax = fields.MoneyField(read_only=True)
    tax_rule = TaxRuleSerializer(read_only=True, allow_null=True)


class QuoteTaxSerializer(Serializer):
    """The lines and fees with one rate; `amount` is the sum of their taxes, each rounded separately."""

    rule = TaxRuleSerializer(read_only=True)
    base = fields.MoneyField(read_only=True)
    amount = fields.MoneyField(read_only=True)


class QuoteSerializer(Serializer):
    """total = subtotal - discount_total + shipping_total + tax_total - tax_included."""

    currency = fields.CharField(read_only=True)
    lines = QuoteLineSerializer(many=True, read_only=True)
    discounts = DiscountSerializer(many=True, read_only=True)
    shipping = QuoteShippingSerializer(many=True, read_only=True)
    taxes = QuoteTaxSerializer(many=True, read_only=True)
    subtotal = fields.MoneyField(read_only=True)
    discount_total = fields.MoneyField(read_only=True)
    shipping_total = fields.MoneyField(read_only=True)
    tax_total = fields.MoneyField(read_only=True)
    tax_included = fields.MoneyField(read_only=True)
    total = fields.MoneyField(read_only=True)
    tax_free = fields.BooleanField(
        read_only=True, help_text="prices are without the tax that they hold for others"
    )
    changes = serializers.ListField(child=serializers.DictField(), read_only=True)

    def to_representation(self, quote: Quote) -> dict[str, Any]:
        return super().to_representation(explain(quote))


def explain(quote: Quote) -> dict[str, Any]:
    priced, currency = quote.priced, quote.priced.currency
    lines = {line.variant.pk: line for line in quote.contents.lines}
    sums = priced.sums
    totals = {
        "subtotal": sums.subtotal,
        "discount_total": sums.discount,
        "shipping_total": sums.shipping,
        "tax_total": sums.tax,
        "tax_included": sums.tax_included,
        "total": sums.total,
    }
    return {
        "currency": currency,
        "lines": [explain_line(lines[one.line.key], one, currency) for one in priced.lines],
        "discounts": quote.discounts,
        "shipping": [explain_fee(fee, currency) for fee in priced.fees],
        "taxes": explain_taxes(priced),
        "tax_free": quote.is_tax_free,
        "changes": quote.contents.changes,
        **{name: Money(amount, currency) for name, amount in totals.items()},
    }


def explain_line(line: CartLine, priced: pricing.PricedLine, currency: str) -> dict[str, Any]:
    return {
        "item": line.item.pk,
        "variant": line.variant.pk,
        "seller": line.variant.seller_id,
        "title": line.variant.product.title,
        "sku": line.variant.sku,
        "quantity": line.item.quantity,
        "unit_price": Money(priced.line.unit_amount, currency),
        "subtotal": Money(priced.line.amount, currency),
        "discount": Money(priced.discount, currency),
        "discounts": [
            {"code": deduction.code, "amount": Money(amount, currency)}
            for deduction, amount in priced.discounts
        ],
        **explain_taxed(priced.taxed, currency),
    }


def explain_taxed(taxed: pricing.Taxed, currency: str) -> dict[str, Any]:
    return {"total": Money(taxed.total, currency), "tax": Money(taxed.tax, currency), "tax_rule": taxed.rule}


def explain_fee(priced: pricing.PricedFee, currency: str) -> dict[str, Any]:
    fee = priced.fee
    is_free_from = not priced.price and fee.free_from is not None
    rule = "free_from" if is_free_from else fee.kind if priced.price or fee.kind != "flat" else "free"
    return {
        "seller": fee.seller_id,
        "option": fee.option,
        "name": fee.name,
        "rule": rule,
        "free_from": None if fee.free_from is None else Money(fee.free_from, currency),
        "delivery_days": days_of(fee),
        "price": Money(priced.price, currency),
        "discount": Money(priced.discount, currency),
        **explain_taxed(priced.taxed, currency),
    }


def days_of(fee: pricing.Fee) -> dict[str, int | None] | None:
    return None if fee.days == (None, None) else dict(zip(("min", "max"), fee.days, strict=True))


def explain_taxes(priced: pricing.Priced) -> list[dict[str, Any]]:
    sums: dict[pricing.TaxRule, tuple[int, int]] = {}
    for taxed in [one.taxed for one in (*priced.lines, *priced.fees)]:
        if taxed.rule is not None:
            base, amount = sums.get(taxed.rule, (0, 0))
            sums[taxed.rule] = base + taxed.total, amount + taxed.tax
    return [
        {"rule": rule, "base": Money(base, priced.currency), "amount": Money(amount, priced.currency)}
        for rule, (base, amount) in sums.items()
    ]


# --- Shipping options ---------------------------------------------------------------------------------------


class ShippingOptionSerializer(Serializer):
    id = fields.IdField(source="option", read_only=True)
    name = fields.CharField(read_only=True)
    price = fields.MoneyField(read_only=True, help_text="for what is in the cart now")
    free_from = fields.MoneyField(read_only=True, allow_null=True)
    delivery_days = DaysSerializer(read_only=True, allow_null=True)


class SellerShippingSerializer(Serializer):
    """The cheapest comes first; an empty list means that the seller does not ship there."""

    seller = fields.IdField(read_only=True)
    options = ShippingOptionSerializer(many=True, read_only=True)


class ShippingOptionsSerializer(Serializer):
    results = SellerShippingSerializer(many=True, read_only=True)
    next = fields.CharField(read_only=True, allow_null=True)
    previous = fields.CharField(read_only=True, allow_null=True)


def options_json(options: dict[int, list[pricing.Fee]], goods: Any, currency: str) -> dict[str, Any]:
    rows = [
        {"seller": seller, "options": [option_row(fee, goods[seller], currency) for fee in fees]}
        for seller, fees in options.items()
    ]
    return ShippingOptionsSerializer({"results": rows, "next": None, "previous": None}).data


def option_row(fee: pricing.Fee, worth: int, currency: str) -> dict[str, Any]:
    free_from = None if fee.free_from is None else Money(fee.free_from, currency)
    return {
        "option": fee.option,
        "name": fee.name,
        "price": Money(fee.due(worth), currency),
        "free_from": free_from,
        "delivery_days": days_of(fee),
    }
