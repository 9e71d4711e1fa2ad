"""Rows of the endpoints that change many variants at once. A malformed row refuses the whole body, with its pointer; a
conflict with the current state is the outcome of that row alone.
"""

from typing import Any

from rest_framework import serializers

from catalog.services.bulk import MAX_ROWS, NewPrice, NewStock
from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.errors import invalid
from config.shared.lookups import is_id


class OwnIdField(fields.IdField):
    """An id as a number; a malformed one becomes 0, which no row has."""

    def to_internal_value(self, data: Any) -> int:
        value = super().to_internal_value(data)
        return int(value) if is_id(value) else 0


class PriceRowSerializer(Serializer):
    variant = OwnIdField()
    price = fields.MoneyField()
    compare_at_price = fields.MoneyField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> NewPrice:  # type: ignore[override]
        return NewPrice(**attrs, has_compare_at="compare_at_price" in attrs)


class StockRowSerializer(Serializer):
    """Either `delta` or `on_hand`. With `version`, the row fails if the level has been edited since that version."""

    variant = OwnIdField()
    location = OwnIdField(required=False)
    delta = fields.IntegerField(required=False, min_value=-fields.MAX_INTEGER)
    on_hand = fields.IntegerField(required=False)
    version = fields.IntegerField(required=False)

    def validate(self, attrs: dict[str, Any]) -> NewStock:  # type: ignore[override]
        if ("delta" in attrs) == ("on_hand" in attrs):
            raise invalid("delta", "Give either delta or on_hand.", "ambiguous")
        return NewStock(**attrs)


class BulkPricesSerializer(Serializer):
    items = PriceRowSerializer(many=True, min_length=1, max_length=MAX_ROWS)


class BulkStockSerializer(Serializer):
    items = StockRowSerializer(many=True, min_length=1, max_length=MAX_ROWS)
    reason = fields.CharField()


class BulkOutcomeSerializer(Serializer):
    """The outcome of a row; a failed one has its reason in `code` and `detail`."""

    index = serializers.IntegerField()
    variant = fields.IdField()
    status = serializers.ChoiceField(["updated", "unchanged", "failed"])
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class BulkAnswerSerializer(Serializer):
    """Outcomes in the order of the rows, and the number of each."""

    results = BulkOutcomeSerializer(many=True)
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()
