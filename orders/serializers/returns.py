from typing import Any

from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from orders.models import MAX_LINES, Return
from orders.serializers.inputs import KeyField, NamedItemsSerializer
from orders.services import Received


class ReturnItemSerializer(Serializer):
    """`received` of `quantity` arrived, `restocked` of those can be sold again."""

    id = fields.IdField(source="item_id", read_only=True)
    quantity = fields.IntegerField(read_only=True)
    received = fields.IntegerField(source="received_quantity", read_only=True)
    restocked = fields.IntegerField(source="restocked_quantity", read_only=True)


class ReturnSerializer(ModelSerializer):
    """`refund` is what really goes back for the received goods; `note` the seller's word; `allowed` the next steps."""

    order = fields.IdField(source="order_id", read_only=True)
    part = fields.IdField(source="part_id", read_only=True)
    number = fields.CharField(source="order.number", read_only=True)
    seller = fields.IdField(source="part.seller_id", read_only=True)
    items = ReturnItemSerializer(many=True, read_only=True)
    refund = fields.MoneyField(read_only=True)
    allowed = serializers.ListField(child=fields.CharField(), read_only=True)

    class Meta:
        model = Return
        fields = [
            "id", "order", "number", "part", "seller", "status", "items", "reason", "note", "refund", "allowed",
            "decided_at", "received_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class ReturnRequestSerializer(NamedItemsSerializer):
    """Items of one seller's part, delivered no longer ago than the shop's return window."""

    reason = fields.CharField(max_length=500)


class ReceivedItemSerializer(Serializer):
    id = KeyField()
    quantity = fields.IntegerField(min_value=1)
    restock = fields.BooleanField(required=False)


class ReceiveSerializer(Serializer):
    """Without items, everything arrived. `restock` false writes it off; an item's own `restock` takes precedence."""

    items = ReceivedItemSerializer(many=True, required=False, allow_empty=False, max_length=MAX_LINES)
    restock = fields.BooleanField(required=False, default=True)
    reason = fields.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        items = asked.pop("items", None)
        if items is None:
            return asked
        received = {
            item["id"]: Received(item["quantity"], item.get("restock", asked["restock"])) for item in items
        }
        if len(received) < len(items):
            raise serializers.ValidationError({"items": ["An item is named twice."]}, "duplicate")
        return asked | {"received": received}
