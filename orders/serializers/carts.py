from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import Serializer
from orders.models import Coupon
from orders.serializers.coupons import CouponValueField


class CartCouponSerializer(Serializer):
    """`discount` is what it takes off the goods now; a free_shipping coupon takes effect in the quote."""

    code = fields.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=Coupon.Kind.choices, read_only=True)
    value = CouponValueField(read_only=True)
    minimum = fields.MoneyField(read_only=True, allow_null=True)
    automatic = fields.BooleanField(source="is_automatic", read_only=True)


class DiscountSerializer(Serializer):
    coupon = CartCouponSerializer(read_only=True)
    goods = fields.MoneyField(read_only=True, help_text="taken off the lines, which share it")
    shipping = fields.MoneyField(read_only=True, help_text="taken off the shipping fees")


class CartItemSerializer(Serializer):
    id = fields.IdField(source="item.pk", read_only=True)
    variant = fields.IdField(source="variant.pk", read_only=True)
    product = fields.IdField(source="variant.product_id", read_only=True)
    seller = fields.IdField(source="variant.seller_id", read_only=True)
    title = fields.CharField(source="variant.product.title", read_only=True)
    sku = fields.CharField(source="variant.sku", read_only=True)
    options = serializers.DictField(source="variant.options", read_only=True)
    quantity = fields.IntegerField(source="item.quantity", read_only=True)
    unit_price = fields.MoneyField(read_only=True)
    total = fields.MoneyField(read_only=True, help_text="unit price x quantity, before the coupon")
    available = fields.BooleanField(
        source="is_available", read_only=True, help_text="the whole quantity can be had now"
    )


class CartSerializer(Serializer):
    """`changes` lists what differs from when the line was last written (`price_changed`, `insufficient_stock`,
    `unavailable`), whether the coupon works (`coupon_not_applied`), and what a merge did (`quantity_limited`,
    `not_merged`)."""

    id = fields.IdField(source="cart.pk", read_only=True, allow_null=True)
    currency = fields.CharField(read_only=True)
    items = CartItemSerializer(source="lines", many=True, read_only=True)
    saved = CartItemSerializer(many=True, read_only=True, help_text="kept for later")
    coupon = CartCouponSerializer(read_only=True, allow_null=True)
    discounts = DiscountSerializer(many=True, read_only=True)
    subtotal = fields.MoneyField(read_only=True)
    discount_total = fields.MoneyField(read_only=True)
    total = fields.MoneyField(read_only=True)
    changes = serializers.ListField(child=serializers.DictField(), read_only=True)
