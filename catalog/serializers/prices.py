from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import Serializer


class PriceChangeSerializer(Serializer):
    id = fields.IdField(source="pk")
    price = fields.MoneyField()
    compare_at_price = fields.MoneyField(allow_null=True)
    sale = serializers.BooleanField(source="is_sale")
    at = serializers.DateTimeField()
