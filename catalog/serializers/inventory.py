from typing import Any

from rest_framework import serializers

from catalog.models import Location, StockLevel, StockMovement
from catalog.services.inventory import MAX_BACKORDERS
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.errors import invalid


class LocationSerializer(ModelSerializer):
    seller = fields.IdField(source="seller_id", read_only=True)

    class Meta:
        model = Location
        fields = ["id", "name", "priority", "seller", "created_at"]
        read_only_fields = ["created_at"]


class LevelSerializer(Serializer):
    """A variant's stock at one location."""

    variant = fields.IdField(source="variant_id")
    product = fields.IdField(source="variant.product_id")
    sku = serializers.CharField(source="variant.sku")
    location = fields.IdField(source="location_id")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField(help_text="On hand less reserved; below zero, what is owed.")
    sellable = serializers.IntegerField(help_text="What can be bought: available, and what may be owed.")
    low_stock_threshold = serializers.IntegerField()
    backorder_limit = serializers.IntegerField()
    version = serializers.IntegerField()


class InventorySerializer(Serializer):
    """A variant's stock over all its locations; `location`, threshold and limit are those of the first location."""

    variant = fields.IdField(read_only=True, source="variant_id")
    product = fields.IdField(read_only=True, source="product_id")
    sku = serializers.CharField(read_only=True)
    location = fields.IdField(read_only=True, source="location_id")
    on_hand = serializers.IntegerField(read_only=True)
    reserved = serializers.IntegerField(read_only=True)
    available = serializers.IntegerField(read_only=True)
    sellable = serializers.IntegerField(read_only=True)
    low_stock_threshold = serializers.IntegerField(read_only=True)
    backorder_limit = serializers.IntegerField(read_only=True)
    levels = LevelSerializer(many=True, read_only=True)


class LevelChangeSerializer(Serializer):
    """PATCH at `location` (default: the first). `backorder_limit` is how many units may be sold beyond stock."""

    low_stock_threshold = fields.IntegerField(required=False)
    backorder_limit = fields.IntegerField(required=False, max_value=MAX_BACKORDERS)
    location = fields.IdField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & {"low_stock_threshold", "backorder_limit"}:
            raise invalid("low_stock_threshold", "Give low_stock_threshold or backorder_limit.", "required")
        return attrs


class AdjustmentSerializer(Serializer):
    variant = fields.IdField()
    location = fields.IdField(required=False, allow_null=True)
    delta = fields.IntegerField(min_value=-fields.MAX_INTEGER)
    reason = fields.CharField()

    def validate_delta(self, delta: int) -> int:
        if delta == 0:
            raise serializers.ValidationError("Must not be 0.", "zero")
        return delta


class TransferSerializer(Serializer):
    variant = fields.IdField()
    source = fields.IdField(help_text="The location that it lies at.")
    target = fields.IdField(help_text="The location that it goes to.")
    quantity = fields.IntegerField(min_value=1)
    reason = fields.CharField(required=False, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["source"] == attrs["target"]:
            raise invalid("target", "Must be another location.", "same_location")
        return attrs


class MovementSerializer(Serializer):
    id = fields.IdField(source="pk")
    location = fields.IdField(source="level.location_id")
    kind = serializers.ChoiceField(StockMovement.Kind.choices)
    delta = serializers.IntegerField()
    on_hand_after = serializers.IntegerField()
    reason = serializers.CharField()
    actor = serializers.CharField()
    reference = serializers.CharField()
    at = serializers.DateTimeField()


class Inventory:
    """A variant with its levels, the first location first."""

    def __init__(self, variant: Any, levels: list[StockLevel]) -> None:
        self.pk = self.variant_id = variant.pk
        self.product_id, self.sku, self.levels = variant.product_id, variant.sku, levels
        self.location_id = levels[0].location_id if levels else None
        self.low_stock_threshold = levels[0].low_stock_threshold if levels else 0
        self.backorder_limit = levels[0].backorder_limit if levels else 0

    @property
    def on_hand(self) -> int:
        return sum(level.on_hand for level in self.levels)

    @property
    def reserved(self) -> int:
        return sum(level.reserved for level in self.levels)

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def sellable(self) -> int:
        return sum(level.sellable for level in self.levels)

    @property
    def version(self) -> int:
        """Increases with each edit of any level."""
        return sum(level.version for level in self.levels)
