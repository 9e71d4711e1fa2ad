"""Coupons, shipping methods and tax rates, as their owners write them."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import CountryField, LineField
from config.shared.api import fields
from config.shared.api.fields import TimeField
from config.shared.api.serializers import ModelSerializer
from config.shared.errors import invalid
from config.shared.money import Money
from orders.models import STANDARD, Coupon, ShippingMethod, TaxRate

Kind = Coupon.Kind
UNBUILT = "buy_x_get_y"
PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")


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


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": 100},
            {"type": "string", "format": "decimal", "example": "12.5"},
            {
                "type": "object",
                "required": ["amount", "currency"],
                "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}},
            },
            {"type": "null"},
        ],
        "description": "percent: per cent, a whole number or a decimal text; fixed: money; free_shipping: null",
    }
)
class CouponValueField(serializers.Field):
    """Per cent as 10 or "12.5", or money; what the kind asks for is the serializer's business."""

    default_error_messages = {"invalid": 'Must be per cent (10 or "12.5") or money, as the kind asks.'}

    def to_internal_value(self, data: Any) -> Decimal | Money:
        if isinstance(data, dict):
            return fields.MoneyField().to_internal_value(data)
        is_percent = isinstance(data, str | int) and not isinstance(data, bool)
        if not is_percent or not PERCENT.fullmatch(str(data)):
            self.fail("invalid")
        return Decimal(data)

    def to_representation(self, value: Decimal | Money) -> Any:
        if isinstance(value, Money):
            return value.as_json()
        return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


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


class CouponSerializer(RuleSerializer):
    code = PatternField(pattern=r"[A-Z0-9_-]{3,40}", max_length=40)
    kind = fields.ChoiceField(choices=[*Kind.values, UNBUILT])
    value = CouponValueField(required=False, allow_null=True)
    minimum = fields.MoneyField(required=False, allow_null=True)
    usage_limit = fields.IntegerField(required=False, allow_null=True, min_value=1)
    usage_limit_per_customer = fields.IntegerField(required=False, allow_null=True, min_value=1)
    starts_at = TimeField(required=False, allow_null=True)
    ends_at = TimeField(required=False, allow_null=True)
    seller = fields.IdField(source="seller_id", read_only=True, allow_null=True)
    used_count = fields.IntegerField(read_only=True)

    class Meta:
        model = Coupon
        fields = [
            "id", "code", "kind", "value", "minimum", "usage_limit", "usage_limit_per_customer", "starts_at", "ends_at",
            "used_count", "seller", "created_at",
        ]  # fmt: skip
        read_only_fields = ["created_at"]

    def validate_kind(self, kind: str) -> str:
        if kind == UNBUILT:
            raise serializers.ValidationError("buy_x_get_y is not offered by this service.", "not_supported")
        return kind

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        starts, ends = self.given(values, "starts_at"), self.given(values, "ends_at")
        if starts and ends and ends <= starts:
            raise invalid("ends_at", "Must be after starts_at.", "before_start")
        return self.with_columns(values) if {"kind", "value", "minimum"} & set(values) else values

    def with_columns(self, values: dict[str, Any]) -> dict[str, Any]:
        """`value` and `minimum` as the columns that hold them; both are of one currency."""
        kind, value, minimum = (self.given(values, name) for name in ("kind", "value", "minimum"))
        check_value(kind, value)
        fixed = value if isinstance(value, Money) else None
        if fixed and minimum and fixed.currency != minimum.currency:
            raise invalid("minimum", "Must be of the value's currency.", "currency_mismatch")
        kept = {name: given for name, given in values.items() if name not in {"value", "minimum"}}
        return kept | {
            "percent": value if kind == Kind.PERCENT else None,
            "amount": fixed.amount if fixed else None,
            "minimum_amount": minimum.amount if minimum else None,
            "currency": (fixed or minimum).currency if fixed or minimum else "",
        }


def check_value(kind: str, value: Decimal | Money | None) -> None:
    """Raises 400 unless the value is of the sort that the kind asks for."""
    if kind == Kind.PERCENT:
        is_good = isinstance(value, Decimal) and 0 < value <= 100
        text = 'Must be per cent above 0 up to 100, such as 10 or "12.5".'
    elif kind == Kind.FIXED:
        is_good, text = isinstance(value, Money) and value.amount > 0, "Must be money above 0."
    else:
        is_good, text = value is None or value == 0, "A free_shipping coupon has no value."
    if not is_good:
        raise invalid("value", text, "invalid")


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
