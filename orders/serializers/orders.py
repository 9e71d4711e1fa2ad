from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers.addresses import AddressSerializer
from config.shared.api import fields
from config.shared.api.expand import expandable_id
from config.shared.api.serializers import ModelSerializer, Serializer
from orders.models import Coupon, Document, Order, OrderEvent, OrderItem, OrderNote, OrderPart, Shipment


class OrderItemSerializer(ModelSerializer):
    """total = unit_price x quantity - discount; tax that prices do not contain comes on top.

    The seller took `cancelled_quantity` out before shipping; `returned_quantity` are in a return or came back;
    `refunded_quantity` were refunded without coming back. A unit's price is refunded only once, and the line stays as
    it was agreed.
    """

    variant = fields.IdField(source="variant_id", read_only=True, allow_null=True)
    product = expandable_id("ProductRow")(source="product_id", read_only=True, allow_null=True)
    unit_price = fields.MoneyField(read_only=True)
    discount = fields.MoneyField(read_only=True)
    tax = fields.MoneyField(read_only=True)
    tax_rate = fields.RateField(read_only=True)
    total = fields.MoneyField(read_only=True)
    options = serializers.DictField(read_only=True)

    class Meta:
        model = OrderItem
        fields = [
            "id", "variant", "product", "title", "sku", "options", "quantity", "shipped_quantity",
            "cancelled_quantity", "returned_quantity", "refunded_quantity", "unit_price", "discount", "tax", "tax_rate", "tax_inclusive", "total",
        ]  # fmt: skip
        read_only_fields = fields


class ShipmentItemSerializer(Serializer):
    id = fields.IdField(source="item_id", read_only=True)
    quantity = fields.IntegerField(read_only=True)


class ShipmentSerializer(ModelSerializer):
    items = ShipmentItemSerializer(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = ["id", "items", "carrier", "tracking_number", "created_at"]
        read_only_fields = fields


class AmountsSerializer(Serializer):
    """total = subtotal - discount_total + shipping_total + tax_total - tax_included."""

    subtotal = fields.MoneyField(read_only=True)
    discount_total = fields.MoneyField(read_only=True)
    shipping_total = fields.MoneyField(read_only=True)
    tax_total = fields.MoneyField(read_only=True)
    tax_included = fields.MoneyField(read_only=True)
    total = fields.MoneyField(read_only=True)


AMOUNTS = list(AmountsSerializer().fields)


class DaysSerializer(Serializer):
    """The delivery time in days that the seller states."""

    min = fields.IntegerField(read_only=True, allow_null=True)
    max = fields.IntegerField(read_only=True, allow_null=True)


class PartSerializer(AmountsSerializer, ModelSerializer):
    """One seller's part, as the customer sees it."""

    order = fields.IdField(source="order_id", read_only=True)
    seller = expandable_id("Seller")(source="seller_id", read_only=True)
    delivery_days = DaysSerializer(read_only=True, allow_null=True)
    items = OrderItemSerializer(many=True, read_only=True)
    shipments = ShipmentSerializer(many=True, read_only=True)

    class Meta:
        model = OrderPart
        fields = [
            "id", "order", "seller", "status", "items", "shipments", "shipping_method", "delivery_days", "cancel_reason", *AMOUNTS,
            "delivered_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class SellerPartSerializer(PartSerializer):
    """The part as its seller sees it: what to send where, and nothing about the other sellers' parts."""

    number = fields.CharField(source="order.number", read_only=True)
    order_status = fields.CharField(source="order.status", read_only=True)
    may_ship = fields.BooleanField(source="order.can_ship", read_only=True)
    shipping_address = AddressSerializer(source="order.shipping_address", read_only=True)
    note = fields.CharField(source="order.note", read_only=True)
    commission_rate = fields.RateField(read_only=True)

    class Meta(PartSerializer.Meta):
        fields = [
            *PartSerializer.Meta.fields, "number", "order_status", "may_ship", "shipping_address", "note",
            "commission_rate",
        ]  # fmt: skip
        read_only_fields = fields


class FrozenMoneyField(fields.MoneyField):
    """Money stored as JSON."""

    def to_representation(self, value: Any) -> Any:
        return value


class FrozenDiscountSerializer(Serializer):
    """What a coupon or promotion took off."""

    coupon = fields.IdField(read_only=True)
    code = fields.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=Coupon.Kind.choices, read_only=True)
    goods = FrozenMoneyField(read_only=True)
    shipping = FrozenMoneyField(read_only=True)


class OrderSerializer(AmountsSerializer, ModelSerializer):
    customer = fields.IdField(source="user_id", read_only=True, allow_null=True)
    items = OrderItemSerializer(many=True, read_only=True)
    parts = PartSerializer(many=True, read_only=True)
    tax_free = fields.BooleanField(source="is_tax_free", read_only=True)
    coupon = fields.CharField(source="coupon_code", read_only=True, allow_blank=True)
    discounts = FrozenDiscountSerializer(many=True, read_only=True)
    shipping_address = AddressSerializer(read_only=True)
    billing_address = AddressSerializer(read_only=True)

    class Meta:
        model = Order
        fields = [
            "id", "number", "status", "refund_status", "currency", "customer", "email", "items", "parts", *AMOUNTS,
            "tax_free", "coupon", "discounts", "shipping_address", "billing_address", "note", "hold_expires_at", "paid_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class PlacedOrderSerializer(OrderSerializer):
    """The order as placed; a guest's answer includes the token that opens the order."""

    access_token = serializers.CharField(
        read_only=True, required=False, help_text="guests only: `Order-Token`"
    )

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "access_token"]
        read_only_fields = fields


class OrderEventSerializer(ModelSerializer):
    """`part` is null for a change of the whole order; `by` is customer, seller, admin or system."""

    order = fields.IdField(source="order_id", read_only=True)
    part = fields.IdField(source="part_id", read_only=True, allow_null=True)
    data = serializers.SerializerMethodField()

    class Meta:
        model = OrderEvent
        fields = ["id", "type", "order", "part", "status", "previous_status", "by", "data", "created_at"]
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_data(self, event: OrderEvent) -> dict[str, Any]:
        return event.data


class CreditNoteSerializer(ModelSerializer):
    """A credit note for money that went back; its PDF is at the same address with the id.

    With `reverses` it is a debit note: the bank returned the refund of the credit note with that number.
    """

    order = fields.IdField(source="order_id", read_only=True)
    number = fields.CharField(read_only=True)
    total = fields.MoneyField(read_only=True)
    reverses = fields.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Document
        fields = ["id", "order", "number", "total", "reverses", "created_at"]
        read_only_fields = fields


class NoteSerializer(ModelSerializer):
    """`by` is customer, seller or admin. `internal` notes are only for staff and the part's seller."""

    order = fields.IdField(source="order_id", read_only=True)
    part = fields.IdField(source="part_id", read_only=True, allow_null=True)
    text = fields.CharField(max_length=2000)
    internal = fields.BooleanField(source="is_internal", required=False)

    class Meta:
        model = OrderNote
        fields = ["id", "order", "part", "text", "internal", "by", "created_at"]
        read_only_fields = ["by", "created_at"]
