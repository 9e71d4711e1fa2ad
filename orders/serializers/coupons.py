"""Coupons and automatic promotions, as their owners write them."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Category, Product
from config.shared.api import fields
from config.shared.api.fields import TimeField
from config.shared.errors import invalid
from config.shared.lookups import is_id
from config.shared.money import Money
from orders.models import BuyGet, Coupon
from orders.serializers.rules import PatternField, RuleSerializer

Kind = Coupon.Kind
PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
MAX_IDS = 500
MAX_NAMED = 500  # characters of the missing ids


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
            {
                "type": "object",
                "required": ["buy", "get"],
                "properties": {
                    "buy": {"type": "integer", "minimum": 1},
                    "get": {"type": "integer", "minimum": 1},
                    "percent": {"oneOf": [{"type": "integer"}, {"type": "string", "format": "decimal"}]},
                },
            },
            {"type": "null"},
        ],
        "description": "percent: per cent, a whole number or a decimal text; fixed: money; free_shipping: null; "
        "buy_x_get_y: of every buy + get units the cheapest get cost percent (100) less",
    }
)
class CouponValueField(serializers.Field):
    """Per cent as 10 or "12.5", money, or buy and get; the serializer checks which of these the kind needs."""

    default_error_messages = {
        "invalid": 'Must be per cent (10 or "12.5"), money, or buy and get, as the kind asks.'
    }

    def to_internal_value(self, data: Any) -> Decimal | Money | BuyGet:
        if isinstance(data, dict) and "buy" in data:
            return self.buy_get(data)
        return fields.MoneyField().to_internal_value(data) if isinstance(data, dict) else self.per_cent(data)

    def per_cent(self, data: Any) -> Decimal:
        is_percent = isinstance(data, str | int) and not isinstance(data, bool)
        if not is_percent or not PERCENT.fullmatch(str(data)):
            self.fail("invalid")
        return Decimal(data)

    def buy_get(self, data: dict[str, Any]) -> BuyGet:
        if not {"buy", "get"} <= set(data) <= {"buy", "get", "percent"}:
            self.fail("invalid")
        count = fields.IntegerField(min_value=1, max_value=999)
        buy, get = (count.run_validation(data[name]) for name in ("buy", "get"))
        return BuyGet(buy, get, self.per_cent(data.get("percent", 100)))

    def to_representation(self, value: Decimal | Money | BuyGet) -> Any:
        if isinstance(value, Money):
            return value.as_json()
        if isinstance(value, BuyGet):
            return {"buy": value.buy, "get": value.get, "percent": self.to_representation(value.percent)}
        return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


class IdsField(serializers.ListField):
    """Ids of rows of a model, each of which must exist."""

    default_error_messages = {"not_found": "There is no such row: {missing}."}

    def __init__(self, model: Any, **kwargs: Any) -> None:
        self.model = model
        super().__init__(child=fields.IdField(), required=False, max_length=MAX_IDS, **kwargs)

    def to_internal_value(self, data: Any) -> list[int]:
        named = list(dict.fromkeys(super().to_internal_value(data)))
        ids = {name: int(name) for name in named if is_id(name)}
        known = set(self.model.objects.filter(pk__in=ids.values()).values_list("pk", flat=True))
        if missing := [name for name in named if ids.get(name) not in known]:
            self.fail("not_found", missing=", ".join(missing)[:MAX_NAMED])
        return list(dict.fromkeys(ids.values()))

    def to_representation(self, value: list[int]) -> list[str]:
        return [str(key) for key in value]


class CouponSerializer(RuleSerializer):
    """`products` and `categories` (with all below) limit the goods that it covers, `first_order` the customers; an
    `automatic` one needs no code; one that is not `stackable` applies alone, if that is better for the buyer."""

    code = PatternField(pattern=r"[A-Z0-9_-]{3,40}", max_length=40)
    kind = fields.ChoiceField(choices=Kind.choices)
    value = CouponValueField(required=False, allow_null=True)
    minimum = fields.MoneyField(required=False, allow_null=True)
    usage_limit = fields.IntegerField(required=False, allow_null=True, min_value=1)
    usage_limit_per_customer = fields.IntegerField(required=False, allow_null=True, min_value=1)
    starts_at = TimeField(required=False, allow_null=True)
    ends_at = TimeField(required=False, allow_null=True)
    automatic = fields.BooleanField(source="is_automatic", required=False)
    stackable = fields.BooleanField(source="is_stackable", required=False)
    first_order = fields.BooleanField(source="is_first_order", required=False)
    products = IdsField(Product, source="product_ids")
    categories = IdsField(Category, source="category_ids")
    seller = fields.IdField(source="seller_id", read_only=True, allow_null=True)
    used_count = fields.IntegerField(read_only=True)

    class Meta:
        model = Coupon
        fields = [
            "id", "code", "kind", "value", "minimum", "usage_limit", "usage_limit_per_customer", "starts_at", "ends_at",
            "automatic", "stackable", "first_order", "products", "categories", "used_count", "seller", "created_at",
        ]  # fmt: skip
        read_only_fields = ["created_at"]

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        starts, ends = self.given(values, "starts_at"), self.given(values, "ends_at")
        if starts and ends and ends <= starts:
            raise invalid("ends_at", "Must be after starts_at.", "before_start")
        return self.with_columns(values) if {"kind", "value", "minimum"} & set(values) else values

    def with_columns(self, values: dict[str, Any]) -> dict[str, Any]:
        """The columns for `value` and `minimum`, which must be of one currency."""
        kind, value, minimum = (self.given(values, name) for name in ("kind", "value", "minimum"))
        check_value(kind, value)
        fixed = value if isinstance(value, Money) else None
        set_of = value if isinstance(value, BuyGet) else None
        if fixed and minimum and fixed.currency != minimum.currency:
            raise invalid("minimum", "Must be of the value's currency.", "currency_mismatch")
        kept = {name: given for name, given in values.items() if name not in {"value", "minimum"}}
        return kept | {
            "percent": value.percent if set_of else value if kind == Kind.PERCENT else None,
            "buy_quantity": set_of.buy if set_of else None,
            "get_quantity": set_of.get if set_of else None,
            "amount": fixed.amount if fixed else None,
            "minimum_amount": minimum.amount if minimum else None,
            "currency": (fixed or minimum).currency if fixed or minimum else "",
        }


def check_value(kind: str, value: Decimal | Money | BuyGet | None) -> None:
    """Raises 400 unless the value is of the type that the kind needs."""
    if kind == Kind.PERCENT:
        is_good = isinstance(value, Decimal) and 0 < value <= 100
        text = 'Must be per cent above 0 up to 100, such as 10 or "12.5".'
    elif kind == Kind.FIXED:
        is_good, text = isinstance(value, Money) and value.amount > 0, "Must be money above 0."
    elif kind == Kind.BUY_X_GET_Y:
        is_good = isinstance(value, BuyGet) and 0 < value.percent <= 100
        text = 'Must be such as {"buy": 2, "get": 1, "percent": 100}.'
    else:
        is_good, text = value is None or value == 0, "A free_shipping coupon has no value."
    if not is_good:
        raise invalid("value", text, "invalid")
