from typing import Any

from django.core.validators import URLValidator
from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.errors import invalid
from orders.models import MAX_LINES
from orders.serializers.inputs import NamedItemSerializer, NamedItemsSerializer
from payments.models import Payment, Refund


class UrlField(fields.CharField):
    """An http or https address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2000, validators=[URLValidator(schemes=["http", "https"])], **kwargs)


class FailureSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class PaymentSerializer(ModelSerializer):
    order = fields.IdField(source="order_id", read_only=True)
    amount = fields.MoneyField(source="money", read_only=True)
    method = serializers.ChoiceField(
        choices=Payment.Method.choices, allow_null=True, read_only=True, source="method_or_none"
    )
    failure = FailureSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id", "order", "status", "amount", "provider", "method", "provider_reference", "failure", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class OpenPaymentSerializer(PaymentSerializer):
    """Adds what the customer's browser needs to pay; never stored, and only while the payment is open."""

    client_secret = serializers.CharField(read_only=True, required=False)
    next_action = serializers.JSONField(read_only=True, required=False)
    checkout_url = serializers.URLField(
        read_only=True, required=False, help_text="Of a checkout: Stripe's page, where the customer pays."
    )

    class Meta(PaymentSerializer.Meta):
        fields = [*PaymentSerializer.Meta.fields, "client_secret", "next_action", "checkout_url"]


class NewPaymentSerializer(Serializer):
    order = fields.IdField(help_text="Its id or number.")
    provider = fields.ChoiceField(choices=Payment.Provider.choices, required=False)
    method = fields.ChoiceField(
        choices=Payment.Method.choices,
        required=False,
        help_text="`checkout`: on Stripe's own page; the others are manual.",
    )
    payment_method = fields.CharField(
        required=False, help_text="Stripe's: the payment is confirmed with it at once."
    )
    return_url = UrlField(
        required=False, help_text="Where redirects lead back to; without it there are none."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_staff = attrs.get("method", Payment.Method.CHECKOUT) != Payment.Method.CHECKOUT
        provider = attrs.setdefault(
            "provider", Payment.Provider.MANUAL if by_staff else Payment.Provider.STRIPE
        )
        is_manual = provider == Payment.Provider.MANUAL
        if is_manual and "method" not in attrs:
            raise invalid("method", "A manual payment needs a method.", "required")
        if "method" in attrs and by_staff is not is_manual:
            raise invalid("method", f"Does not go with the provider {provider}.")
        if "method" in attrs and not by_staff and "return_url" not in attrs:
            raise invalid("return_url", "Stripe's page must know where it leads back to.", "required")
        for name in sorted(foreign_to(attrs) & attrs.keys()):
            raise invalid(name, f"Does not go with the method {attrs['method']}.")
        return attrs


def foreign_to(attrs: dict[str, Any]) -> set[str]:
    """Fields that this way to pay does not use."""
    if "method" not in attrs:
        return set()
    is_checkout = attrs["method"] == Payment.Method.CHECKOUT
    return {"payment_method"} if is_checkout else {"payment_method", "return_url"}


class ConfirmSerializer(Serializer):
    payment_method = fields.CharField()
    return_url = UrlField(required=False)


class RefundItemSerializer(Serializer):
    id = fields.IdField(source="item_id", read_only=True)
    quantity = fields.IntegerField(read_only=True)


class RefundSerializer(ModelSerializer):
    """`items` are the units of a refund requested by items; empty for one of an amount."""

    order = fields.IdField(source="payment.order_id", read_only=True)
    part = fields.IdField(source="part_id", read_only=True, allow_null=True)
    payment = fields.IdField(source="payment_id", read_only=True)
    amount = fields.MoneyField(source="money", read_only=True)
    items = RefundItemSerializer(many=True, read_only=True)
    reason = serializers.CharField(source="why", read_only=True)

    class Meta:
        model = Refund
        fields = ["id", "order", "part", "payment", "amount", "items", "status", "reason", "created_at"]
        read_only_fields = fields


class NewRefundSerializer(Serializer):
    """An amount, or items at what was paid for them (each unit once), or neither: all that is left."""

    amount = fields.MoneyField(required=False)
    items = NamedItemSerializer(many=True, required=False, allow_empty=False, max_length=MAX_LINES)
    reason = fields.CharField(max_length=500)
    validate_items = NamedItemsSerializer.validate_items

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if {"amount", "items"} <= attrs.keys():
            raise invalid("amount", "Give an amount or items, not both.")
        return attrs


class ReceivedSerializer(serializers.Serializer):
    received = serializers.BooleanField()
