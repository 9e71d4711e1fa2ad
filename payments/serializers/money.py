"""Ledger, balances, statements, disputes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.money import MAX_AMOUNT, Money
from payments.models import Dispute, LedgerEntry, LedgerTransaction


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {
            "amount": {
                "type": "integer",
                "minimum": -MAX_AMOUNT,
                "maximum": MAX_AMOUNT,
                "description": "minor units",
            },
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"},
        },
        "example": {"amount": -1999, "currency": "USD"},
    }
)
class SignedMoneyField(fields.MoneyField):
    """Money that may be negative; read-only."""


class LedgerEntrySerializer(ModelSerializer):
    """A positive amount is owed or earned, a negative one held or spent; the entries of a transaction sum to zero."""

    seller = fields.IdField(source="seller_id", read_only=True, allow_null=True)
    order = fields.IdField(source="order_id", read_only=True, allow_null=True)
    amount = SignedMoneyField(source="money", read_only=True)
    transaction = fields.IdField(source="transaction_id", read_only=True)
    kind = serializers.ChoiceField(
        choices=LedgerTransaction.Kind.choices, source="transaction.kind", read_only=True
    )
    reason = serializers.CharField(source="transaction.note", read_only=True)

    class Meta:
        model = LedgerEntry
        fields = ["id", "account", "seller", "order", "amount", "created_at", "transaction", "kind", "reason"]
        read_only_fields = fields


class BalancesSerializer(serializers.Serializer):
    """By currency. `available` can be negative: later sales then make it up."""

    pending = serializers.ListField(child=SignedMoneyField(), help_text="Until some days after the delivery.")
    available = serializers.ListField(child=SignedMoneyField(), help_text="For the next payout.")
    reserved = serializers.ListField(child=SignedMoneyField(), help_text="Until disputes are decided.")
    in_transit = serializers.ListField(
        child=SignedMoneyField(), help_text="In payouts that have not arrived."
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            name: [Money(getattr(one, name), one.currency).as_json() for one in instance]
            for name in self.fields
        }


class BalanceAdjustmentSerializer(Serializer):
    """Staff credit or debit a seller's balance and give the reason; it cannot be changed afterwards."""

    seller = fields.IdField()
    order = fields.IdField(required=False)
    amount = fields.MoneyField()
    direction = fields.ChoiceField(choices=[("credit", "Credit"), ("debit", "Debit")])
    reason = fields.CharField(max_length=500)

    def validate_amount(self, value: Money) -> Money:
        if not value.amount:
            raise serializers.ValidationError("Must not be zero.", code="zero")
        return value


class SellerDisputeSerializer(ModelSerializer):
    order = fields.IdField(source="payment.order_id", read_only=True)

    class Meta:
        model = Dispute
        fields = ["id", "order", "status", "reason", "due_by", "created_at", "closed_at"]
        read_only_fields = fields


class DisputeSerializer(SellerDisputeSerializer):
    payment = fields.IdField(source="payment_id", read_only=True)
    amount = fields.MoneyField(source="money", read_only=True)

    class Meta(SellerDisputeSerializer.Meta):
        fields = [*SellerDisputeSerializer.Meta.fields, "payment", "amount", "provider_reference"]


class StatementLineSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    order = serializers.CharField(help_text="Its number, where it is about one.")
    transaction = fields.IdField()
    note = serializers.CharField()
    gross = SignedMoneyField()
    commission = SignedMoneyField()
    tax = SignedMoneyField()
    shipping = SignedMoneyField()
    net = SignedMoneyField()
    balance = SignedMoneyField()


COLUMNS = ("gross", "commission", "tax", "shipping", "net")


class StatementSerializer(serializers.Serializer):
    seller = fields.IdField()
    currency = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    opening = SignedMoneyField()
    closing = SignedMoneyField()
    totals = serializers.DictField(child=SignedMoneyField(), help_text=", ".join(COLUMNS))
    lines = StatementLineSerializer(many=True)

    def to_representation(self, made: Any) -> dict[str, Any]:
        def money(amount: int) -> dict[str, Any]:
            return Money(amount, made.currency).as_json()

        return {
            "seller": str(made.seller.pk),
            "currency": made.currency,
            "first": made.first,
            "last": made.last,
            "opening": money(made.opening),
            "closing": money(made.closing),
            "totals": {name: money(made.total(name)) for name in COLUMNS},
            "lines": [
                {"at": line.at, "kind": line.kind, "order": line.order, "transaction": str(line.transaction)}
                | {"note": line.note}
                | {name: money(getattr(line, name)) for name in (*COLUMNS, "balance")}
                for line in made.lines
            ],
        }
