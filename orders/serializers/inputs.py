"""The bodies of cart, checkout and sellers' steps."""

from typing import Any

from rest_framework import serializers

from accounts.fields import CountryField, LineField
from accounts.serializers.addresses import AddressSerializer
from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.lookups import is_id
from config.shared.money import CURRENCIES
from orders.models import MAX_LINES, MAX_QUANTITY


class QuantityField(fields.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"min_value": 1, "max_value": MAX_QUANTITY} | kwargs))


class KeyField(fields.IdField):
    """An id as a number; any other text is an id that names nothing."""

    def to_internal_value(self, data: Any) -> int:
        text = super().to_internal_value(data)
        return int(text) if is_id(text) else 0


class CartLineSerializer(Serializer):
    """`currency` is for an empty cart's first line, if the variant has a price in it; the shop's if omitted."""

    variant = KeyField()
    quantity = QuantityField()
    currency = fields.ChoiceField(sorted(CURRENCIES), required=False)


class LineChangeSerializer(Serializer):
    """`saved` keeps the line for later, out of the total and of orders; false takes it up again."""

    quantity = QuantityField(required=False)
    saved = fields.BooleanField(source="is_saved", required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not asked:
            raise serializers.ValidationError({"quantity": ["Say quantity or saved."]}, "required")
        return asked


class CouponCodeSerializer(Serializer):
    code = fields.CharField(max_length=40)


class DestinationSerializer(AddressSerializer):
    """As much of an address as is known; shipping and tax depend on country, region and postal code."""

    name = LineField(max_length=150, required=False)
    line1 = LineField(max_length=200, required=False)
    city = LineField(max_length=100, required=False)
    postal_code = LineField(max_length=20, required=False, allow_blank=True, default="")


class PlaceSerializer(Serializer):
    """The query of the shipping options."""

    country = CountryField(max_length=2)
    region = LineField(max_length=100, required=False, allow_blank=True, default="")
    postal_code = LineField(max_length=20, required=False, allow_blank=True, default="")


class ChosenShippingField(serializers.DictField):
    child = fields.IdField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, default=dict, help_text="seller id → id of a shipping option", **kwargs
        )


class QuoteRequestSerializer(Serializer):
    shipping_address = DestinationSerializer()
    shipping = ChosenShippingField()


class CheckoutSerializer(Serializer):
    shipping_address = AddressSerializer()
    billing_address = AddressSerializer(required=False, allow_null=True)
    email = fields.EmailField(required=False, max_length=254, help_text="needed from guests")
    shipping = ChosenShippingField()
    expected_total = fields.MoneyField(required=False, allow_null=True)
    note = fields.CharField(required=False, allow_blank=True, max_length=1000)


class ReasonSerializer(Serializer):
    reason = fields.CharField(max_length=500)


class OptionalReasonSerializer(Serializer):
    reason = fields.CharField(max_length=500, required=False, allow_blank=True, default="")


class NamedItemSerializer(Serializer):
    id = KeyField()
    quantity = fields.IntegerField(min_value=1)


class NamedItemsSerializer(Serializer):
    """`items` as a mapping of item id to quantity; each item may be named only once."""

    items = NamedItemSerializer(many=True, allow_empty=False, max_length=MAX_LINES)

    def validate_items(self, items: list[dict[str, int]]) -> dict[int, int]:
        quantities = {item["id"]: item["quantity"] for item in items}
        if len(quantities) < len(items):
            raise serializers.ValidationError("An item is named twice.", "duplicate")
        return quantities


class RemoveItemsSerializer(NamedItemsSerializer):
    """How many units of which items to take out of the part."""

    reason = fields.CharField(max_length=500)


class ShipSerializer(NamedItemsSerializer):
    """Without items, everything that remains is shipped."""

    items = NamedItemSerializer(many=True, required=False, allow_empty=False, max_length=MAX_LINES)
    carrier = LineField(max_length=80, required=False, allow_blank=True, default="")
    tracking_number = LineField(max_length=120, required=False, allow_blank=True, default="")
