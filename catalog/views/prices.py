from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from catalog.models import PriceChange, Variant
from catalog.permissions import OwnsProduct
from catalog.serializers.prices import PriceChangeSerializer
from catalog.views.variants import OfProduct
from config.shared.api.views import ViewSet
from config.shared.lookups import find


@extend_schema_view(list=extend_schema(summary="What a variant has cost, the newest first; for its owner"))
class PriceHistoryViewSet(OfProduct, ViewSet):
    """Each row is the price in its currency from `at` until the next row of that currency, and who changed it. For stock
    changes see GET /inventory/{id}/movements."""

    queryset = PriceChange.objects.all()
    serializer_class = PriceChangeSerializer
    permission_classes = [OwnsProduct]
    sorts, default_sort = {"id": "id"}, "-id"

    def get_queryset(self) -> QuerySet:
        rows = Variant.objects.filter(product=self.product())
        return self.queryset.filter(variant=find(rows, self.kwargs["id"], alternative=""))
