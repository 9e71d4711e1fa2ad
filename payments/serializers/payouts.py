from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.money import CURRENCIES
from payments.models import Payout, PayoutAccount
from payments.serializers.payments import UrlField


class PayoutSerializer(ModelSerializer):
    seller = fields.IdField(source="seller_id", read_only=True)
    amount = fields.MoneyField(source="money", read_only=True)
    failure_code = serializers.CharField(
        read_only=True, help_text="Why it was refused so far; it is tried again."
    )

    class Meta:
        model = Payout
        fields = [
            "id", "seller", "amount", "status", "method", "batch", "provider_reference", "failure_code", "created_at",
            "paid_at",
        ]  # fmt: skip
        read_only_fields = fields


class PlannedPayoutSerializer(serializers.Serializer):
    seller = fields.IdField(source="account.seller_id", read_only=True)
    amount = fields.MoneyField(source="money", read_only=True)
    reason = serializers.CharField(read_only=True)


class RunSerializer(Serializer):
    dry_run = fields.BooleanField(required=False, help_text="Only say what would be paid.")
    seller = fields.IdField(required=False, help_text="Only this one.")
    currency = fields.CharField(required=False, max_length=3, help_text="Only this one.")

    def validate_currency(self, value: str) -> str:
        if value not in CURRENCIES:
            raise serializers.ValidationError("Must be an ISO 4217 code such as USD.", code="currency")
        return value


class RunPayoutSerializer(PayoutSerializer):
    id = serializers.CharField(read_only=True, allow_null=True, help_text="null in a dry run")


class RanSerializer(serializers.Serializer):
    batch = serializers.UUIDField(allow_null=True)
    dry_run = serializers.BooleanField()
    payouts = RunPayoutSerializer(many=True)
    skipped = PlannedPayoutSerializer(many=True)


class PayoutAccountSerializer(ModelSerializer):
    """Where the money goes: `stripe` (the seller's account there) or `manual`, a transfer by the shop's staff."""

    seller = fields.IdField(source="seller_id", read_only=True)
    method = serializers.ChoiceField(choices=Payout.Method.choices, read_only=True)
    requirements = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="What Stripe still asks for."
    )

    class Meta:
        model = PayoutAccount
        fields = ["seller", "method", "payouts_enabled", "details_submitted", "requirements"]
        read_only_fields = fields


class OnboardingSerializer(Serializer):
    return_url = UrlField(help_text="Where Stripe sends the seller when they are done.")
    refresh_url = UrlField(
        required=False, help_text="Where it sends them when the link is used up. Default: return_url"
    )


class LinkSerializer(PayoutAccountSerializer):
    url = serializers.URLField(read_only=True, help_text="Stripe's page: good once, for minutes.")

    class Meta(PayoutAccountSerializer.Meta):
        fields = [*PayoutAccountSerializer.Meta.fields, "url"]
