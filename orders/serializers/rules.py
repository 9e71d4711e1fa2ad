"""Shipping methods and tax rates, as their owners write them, and what coupons share with them."""

import re
from typing import Any

from rest_framework import serializers

from accounts.fields import CountryField, LineField
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer
from config.shared.errors import invalid
from orders.models import STANDARD, ShippingMethod, TaxRate


class PatternField(fields.CharField):
    """Text of one form, in one case."""

    default_error_messages = {"pattern": "Must match {pattern}."}

    def __init__(self, *, pattern: str, is_upper: bool = True, **kwargs: Any) -> None:
        self.pattern, self.is_upper = pattern, is_upper
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        text = text.upper() if self.is_upper else text.lower()
        if not re.fullmatch(self.pattern, text):
            self.fail("pattern", pattern=self.pattern)
        return text


class RuleSerializer(ModelSerializer):
    """Writes only the columns that were sent: counters move while somebody edits."""

    def update(self, row: Any, changes: dict[str, Any]) -> Any:
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes))
        return row

    def given(self, values: dict[str, Any], name: str, otherwise: Any = None) -> Any:
        """What the row will have: the value sent, else the present one."""
        return values.get(name, getattr(self.instance, name, otherwise))


class ShippingMethodSerializer(RuleSerializer):
    """`free_from`: worth of the seller's goods, after discounts, from which it costs nothing."""

    name = LineField(max_length=80)
    price = fields.MoneyField()
    free_from = fields.MoneyField(required=False, allow_null=True)
    countries = serializers.ListField(
        child=CountryField(max_length=2), required=False, max_length=250, help_text="empty: everywhere"
    )
    postal_prefixes = serializers.ListField(
        child=PatternField(pattern=r"[A-Z0-9-]{1,12}", max_length=12),
        required=False,
        max_length=500,
        help_text="beginnings of postal codes, without spaces; empty: all",
    )
    seller = fields.IdField(source="seller_id", read_only=True, allow_null=True)

    class Meta:
        model = ShippingMethod
        fields = ["id", "name", "price", "free_from", "countries", "postal_prefixes", "seller", "created_at"]
        read_only_fields = ["created_at"]

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        price, free_from = self.given(values, "price"), self.given(values, "free_from")
        if free_from is not None and free_from.currency != price.currency:
            raise invalid("free_from", "Must be of the price's currency.", "currency_mismatch")
        kept = {name: given for name, given in values.items() if name not in {"price", "free_from"}}
        return kept | {
            "price_amount": price.amount,
            "currency": price.currency,
            "free_from_amount": free_from.amount if free_from else None,
        }


class TaxRateSerializer(RuleSerializer):
    country = CountryField(max_length=2)
    region = PatternField(pattern=r"[^\x00-\x1f]{0,40}", max_length=40, required=False, allow_blank=True)
    tax_class = PatternField(
        pattern=r"[a-z0-9_-]{1,40}", is_upper=False, max_length=40, required=False, default=STANDARD
    )
    rate = fields.RateField()
    inclusive = fields.BooleanField()

    class Meta:
        model = TaxRate
        fields = ["id", "country", "region", "tax_class", "rate", "inclusive", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []  # the constraint answers with 409
