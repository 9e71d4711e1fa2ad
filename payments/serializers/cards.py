from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import Serializer
from payments.serializers.payments import UrlField


class CardSerializer(serializers.Serializer):
    """A saved payment method, as Stripe has it."""

    id = serializers.CharField()
    type = serializers.CharField()
    brand = serializers.CharField(allow_null=True)
    last4 = serializers.CharField(allow_null=True)
    exp_month = serializers.IntegerField(allow_null=True)
    exp_year = serializers.IntegerField(allow_null=True)


class CardsSerializer(serializers.Serializer):
    results = CardSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class NewCardSerializer(Serializer):
    """Without a `payment_method`, Stripe.js finishes with the `client_secret`."""

    payment_method = fields.CharField(required=False, help_text="One that Stripe.js made of the card.")
    return_url = UrlField(
        required=False, help_text="Where redirects lead back to; without it there are none."
    )


class SetupSerializer(serializers.Serializer):
    id = serializers.CharField()
    status = serializers.CharField()
    payment_method = serializers.CharField(allow_null=True)
    failure = serializers.DictField(child=serializers.CharField(), allow_null=True)
    client_secret = serializers.CharField(allow_null=True)
    next_action = serializers.JSONField(allow_null=True)
