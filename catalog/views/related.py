from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from catalog.permissions import OwnsProduct
from catalog.serializers.products import ProductRowSerializer
from catalog.services.related import MAX_RELATED, related_to, set_related
from catalog.views.public import PublicReads
from catalog.views.variants import OfProduct
from config.shared.api import fields
from config.shared.api.serializers import Serializer, validated
from config.shared.api.views import ApiView
from config.shared.lookups import is_id
from config.shared.permissions import ReadOnly


class RelatedSerializer(Serializer):
    """Ids of other products of the shop, in display order."""

    products = serializers.ListField(child=fields.IdField(), max_length=MAX_RELATED)

    def validate_products(self, ids: list[str]) -> list[str]:
        wrong = next((index for index, one in enumerate(ids) if not is_id(one)), None)
        if wrong is not None:
            raise serializers.ValidationError({wrong: ["Must be an id."]})
        return ids


class RelatedProducts(PublicReads, OfProduct, ApiView):
    """At most twelve products to show beside this one: those chosen by its seller, then others of its category."""

    permission_classes = [ReadOnly | OwnsProduct]

    @extend_schema(responses=ProductRowSerializer(many=True))
    def get(self, request: Request, product_id: str) -> Response:
        return self.answer(self.product())

    @extend_schema(request=RelatedSerializer, responses=ProductRowSerializer(many=True))
    @transaction.atomic
    def post(self, request: Request, product_id: str) -> Response:
        """Replaces the seller's list; with an empty list only products of the category are shown."""
        product = self.locked(self.product().pk)
        set_related(product=product, ids=validated(RelatedSerializer, request.data)["products"])
        return self.answer(product)

    def answer(self, product: Product) -> Response:
        rows = ProductRowSerializer(related_to(product), many=True).data
        return Response({"results": rows, "next": None, "previous": None})
