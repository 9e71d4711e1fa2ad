from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import Serializer


class PriceChangeSerializer(Serializer):
    id = fields.IdField(source="pk")
    price = fields.MoneyField(allow_null=True, help_text="null: no price in this currency from then on.")
    currency = serializers.CharField()
    compare_at_price = fields.MoneyField(allow_null=True)
    actor = serializers.CharField(
        help_text="Whose request it was, such as user:12; empty where nobody is known."
    )
    sale = serializers.BooleanField(source="is_sale")
    at = serializers.DateTimeField()
