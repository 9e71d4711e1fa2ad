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
    """With what the customer's browser needs to pay; never stored, and only while the payment is open."""

    client_secret = serializers.CharField(read_only=True, required=False)
    next_action = serializers.JSONField(read_only=True, required=False)

    class Meta(PaymentSerializer.Meta):
        fields = [*PaymentSerializer.Meta.fields, "client_secret", "next_action"]


class NewPaymentSerializer(Serializer):
    order = fields.IdField(help_text="Its id or number.")
    provider = fields.ChoiceField(choices=Payment.Provider.choices, required=False)
    method = fields.ChoiceField(
        choices=Payment.Method.choices, required=False, help_text="Of a manual payment."
    )
    payment_method = fields.CharField(
        required=False, help_text="Stripe's: the payment is confirmed with it at once."
    )
    return_url = UrlField(
        required=False, help_text="Where redirects lead back to; without it there are none."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        guess = Payment.Provider.MANUAL if "method" in attrs else Payment.Provider.STRIPE
        provider = attrs.setdefault("provider", guess)
        if provider == Payment.Provider.MANUAL and "method" not in attrs:
            raise invalid("method", "A manual payment needs a method.", "required")
        foreign = {"method"} if provider == Payment.Provider.STRIPE else {"payment_method", "return_url"}
        for name in sorted(foreign & attrs.keys()):
            raise invalid(name, f"Does not go with the provider {provider}.")
        return attrs


class ConfirmSerializer(Serializer):
    payment_method = fields.CharField()
    return_url = UrlField(required=False)


class RefundSerializer(ModelSerializer):
    order = fields.IdField(source="payment.order_id", read_only=True)
    part = fields.IdField(source="part_id", read_only=True, allow_null=True)
    payment = fields.IdField(source="payment_id", read_only=True)
    amount = fields.MoneyField(source="money", read_only=True)
    reason = serializers.CharField(source="why", read_only=True)

    class Meta:
        model = Refund
        fields = ["id", "order", "part", "payment", "amount", "status", "reason", "created_at"]
        read_only_fields = fields


class NewRefundSerializer(Serializer):
    """An amount, or items at what was paid for them, or neither: all that is left."""

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
