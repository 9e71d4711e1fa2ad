"""Shipping methods and tax rates, as their owners write them, and what coupons share with them."""

import re
from typing import Any

from rest_framework import serializers

from accounts.fields import CountryField, LineField
from accounts.models import User
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.errors import invalid
from config.shared.money import MAX_AMOUNT
from orders.models import STANDARD, ShippingMethod, TaxExemption, TaxRate
from orders.serializers.inputs import KeyField

Kind = ShippingMethod.Kind


class PatternField(fields.CharField):
    """Text that matches a pattern, in one case."""

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
    """Writes only the columns that were sent, because counters may change meanwhile."""

    def update(self, row: Any, changes: dict[str, Any]) -> Any:
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes))
        return row

    def given(self, values: dict[str, Any], name: str, otherwise: Any = None) -> Any:
        """The value that the row will have: the one sent, else the present one."""
        return values.get(name, getattr(self.instance, name, otherwise))


class StepSerializer(Serializer):
    """The price up to and including so many grams, or so many minor units of the goods' worth."""

    up_to = fields.IntegerField(min_value=0, max_value=MAX_AMOUNT)
    price = fields.IntegerField(
        min_value=0, max_value=MAX_AMOUNT, help_text="minor units of the method's currency"
    )


class ShippingMethodSerializer(RuleSerializer):
    """`flat` costs `price`. `by_weight` (grams) and `by_total` (the goods' worth after discounts) cost the price of the
    first of `steps` that is not exceeded, and `price` above the last. Free from a worth of `free_from`."""

    name = LineField(max_length=80)
    kind = fields.ChoiceField(choices=ShippingMethod.Kind.choices, required=False)
    price = fields.MoneyField()
    steps = StepSerializer(many=True, required=False, max_length=50)
    free_from = fields.MoneyField(required=False, allow_null=True)
    max_weight_g = fields.IntegerField(required=False, allow_null=True, min_value=1)
    min_days = fields.IntegerField(required=False, allow_null=True, max_value=365)
    max_days = fields.IntegerField(required=False, allow_null=True, max_value=365)
    countries = serializers.ListField(
        child=CountryField(max_length=2), required=False, max_length=250, help_text="empty: everywhere"
    )
    regions = serializers.ListField(
        child=PatternField(pattern=r"[^\x00-\x1f]{1,40}", max_length=40),
        required=False,
        max_length=500,
        help_text="as addresses have them, such as CA; empty: all",
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
        fields = [
            "id", "name", "kind", "price", "steps", "free_from", "max_weight_g", "min_days", "max_days", "countries",
            "regions", "postal_prefixes", "seller", "created_at",
        ]  # fmt: skip
        read_only_fields = ["created_at"]

    def validate_steps(self, steps: list[dict[str, int]]) -> list[dict[str, int]]:
        bounds = [step["up_to"] for step in steps]
        if bounds != sorted(set(bounds)):
            raise serializers.ValidationError(
                "Each step must reach further than the one before.", "not_rising"
            )
        return [dict(step) for step in steps]

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        self.check_kind(values)
        price, free_from = self.given(values, "price"), self.given(values, "free_from")
        if free_from is not None and free_from.currency != price.currency:
            raise invalid("free_from", "Must be of the price's currency.", "currency_mismatch")
        kept = {name: given for name, given in values.items() if name not in {"price", "free_from"}}
        return kept | {
            "price_amount": price.amount,
            "currency": price.currency,
            "free_from_amount": free_from.amount if free_from else None,
        }

    def check_kind(self, values: dict[str, Any]) -> None:
        kind, steps = self.given(values, "kind", Kind.FLAT), self.given(values, "steps", [])
        if bool(steps) == (kind == Kind.FLAT):
            raise invalid("steps", "by_weight and by_total need steps, flat has none.", "invalid")
        least, most = self.given(values, "min_days"), self.given(values, "max_days")
        if least is not None and most is not None and least > most:
            raise invalid("max_days", "Must not be less than min_days.", "out_of_range")


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
        validators: list[Any] = []  # a duplicate violates the constraint: 409


class TaxExemptionSerializer(RuleSerializer):
    """A customer who pays no tax: everywhere, or in `country`. Prices that contain tax are reduced by it."""

    customer = KeyField(source="user_id")
    country = CountryField(max_length=2, required=False, allow_blank=True)
    reason = LineField(max_length=200)

    class Meta:
        model = TaxExemption
        fields = ["id", "customer", "country", "reason", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []  # a duplicate violates the constraint: 409

    def validate_customer(self, user_id: int) -> int:
        if not User.objects.filter(pk=user_id).exists():
            raise serializers.ValidationError("There is no such user.", "not_found")
        return user_id
