from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from catalog.filters import PREFIX, OwnProductFilters, ProductFilters
from catalog.models import Product
from catalog.pagination import ProductPagination, SearchPagination
from catalog.permissions import OwnsProduct
from catalog.serializers.expanding import shown_brands, shown_categories, shown_shops
from catalog.serializers.products import ProductRowSerializer, ProductSerializer
from catalog.serializers.writing import NewProductSerializer, ProductChangeSerializer
from catalog.services.creation import create_product
from catalog.services.products import lock_product, set_product_status, update_product
from catalog.views.edits import PatchMixin
from catalog.views.moving import FollowsSlugs
from catalog.views.public import PublicReads
from config.shared.api import params
from config.shared.api.conditional import check_if_match, etag_of
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.errors import invalid
from config.shared.money import CURRENCIES
from config.shared.permissions import IsSeller, ReadOnly

SORTS = {
    "created_at": "created_at",
    "price": "price_sorted",
    "rating": "rating_average",
    "best_selling": "units_sold",
}
SERIALIZERS = {
    "list": ProductRowSerializer,
    "create": NewProductSerializer,
    "partial_update": ProductChangeSerializer,
}
ATTRIBUTE = OpenApiParameter(
    "attr.{name}", description="An attribute's value, such as `attr.colour=red`; repeated: any of them."
)

CURRENCY = OpenApiParameter(
    "currency", description="Of the prices shown, where there is one in it; left out, the shop's."
)
EXPANDABLE = {"seller": shown_shops, "brand": shown_brands, "category": shown_categories}


def currency_asked(request: Request) -> str:
    """Raises 400 for an unknown currency."""
    currency = request.query_params.get("currency", settings.DEFAULT_CURRENCY)
    if currency not in CURRENCIES:
        raise params.refuse("currency", "Must be an ISO 4217 code.")
    return currency


@extend_schema_view(
    list=extend_schema(parameters=[ATTRIBUTE]),
    create=extend_schema(request=NewProductSerializer, responses={201: ProductSerializer}),
    partial_update=extend_schema(request=ProductChangeSerializer, responses=ProductSerializer),
    destroy=extend_schema(description="Archives it: past orders keep their lines."),
)
class ProductViewSet(
    FollowsSlugs,
    PublicReads,
    PatchMixin,
    RetrieveMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    ViewSet,
):
    queryset = Product.objects.all()
    permission_classes = [ReadOnly | OwnsProduct]
    pagination_class = SearchPagination
    filterset_class = ProductFilters
    parameter_prefixes = (PREFIX,)
    sorts, alternative_lookup = {"relevance": "score", **SORTS}, "slug"
    expandable = EXPANDABLE
    product_key = "id"

    @property
    def extra_parameters(self) -> tuple[str, ...]:
        return ("currency",) if self.action == "retrieve" else ("facets",)

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        return rows.public().for_rows() if self.action == "list" else rows.for_detail()

    def get_serializer_class(self) -> Any:
        return SERIALIZERS.get(self.action, ProductSerializer)

    def get_serializer_context(self) -> dict[str, Any]:
        """A read shows prices in the requested currency; the response to a write shows the product's own."""
        context = super().get_serializer_context()
        return context | {"currency": currency_asked(self.request)} if self.action == "retrieve" else context

    @extend_schema(
        parameters=[CURRENCY],
        responses={
            200: ProductSerializer,
            301: OpenApiResponse(
                description="A slug that the product had before: `Location` has the present one."
            ),
        },
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        values = serializer.validated_data
        seller = values.pop("seller", None) or self.own_shop()
        product = create_product(seller=seller, actor=self.request.actor.caller, **values)
        serializer.instance = Product.objects.for_detail().get(pk=product.pk)
        self.headers["ETag"] = etag_of(serializer.instance)

    def own_shop(self) -> Seller:
        if self.request.actor.seller_id is None:
            raise invalid("seller", "Say whose product it is.", "required")
        return Seller.objects.get(pk=self.request.actor.seller_id)

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        product = self.lock(serializer.instance)
        update_product(product=product, changes=serializer.validated_data, actor=self.request.actor.caller)
        serializer.instance = Product.objects.for_detail().get(pk=product.pk)

    @transaction.atomic
    def perform_destroy(self, instance: Product) -> None:
        product = self.lock(instance)
        if product.status != Product.Status.ARCHIVED:
            set_product_status(product=product, status=Product.Status.ARCHIVED)

    @extend_schema(request=None, responses=ProductSerializer)
    def publish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.move(Product.Status.ACTIVE)

    @extend_schema(request=None, responses=ProductSerializer)
    def unpublish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.move(Product.Status.DRAFT)

    @transaction.atomic
    def move(self, status: str) -> Response:
        product = set_product_status(product=self.lock(self.get_object()), status=status)
        answer = Product.objects.for_detail().get(pk=product.pk)
        return Response(ProductSerializer(answer).data, headers={"ETag": etag_of(answer)})

    def lock(self, instance: Model) -> Product:
        product = lock_product(product_id=instance.pk)
        check_if_match(self.request, product)
        return product


class OwnProductViewSet(ViewSet):
    """The shop's own products, in every status."""

    queryset = Product.objects.all()
    serializer_class = ProductRowSerializer
    permission_classes = [IsSeller]
    pagination_class = ProductPagination
    filterset_class = OwnProductFilters
    expandable = EXPANDABLE
    sorts = SORTS
    extra_parameters = ("currency",)

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(seller_id=self.request.actor.seller_id).for_rows()
