from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins

from catalog.models import Product, Variant
from catalog.permissions import OwnsProduct
from catalog.serializers.products import VariantSerializer
from catalog.serializers.writing import NewVariantSerializer, VariantChangeSerializer, clean
from catalog.services.offers import NewVariant
from catalog.services.products import (
    archive_variant,
    count_edit,
    create_variant,
    lock_product,
    update_variant,
)
from catalog.services.stock import lock_levels
from catalog.views.edits import PatchMixin
from catalog.views.moving import FollowsSlugs
from catalog.views.public import PublicReads
from config.shared.api.conditional import check_if_match
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.errors import NotFound
from config.shared.lookups import find
from config.shared.permissions import ReadOnly

SERIALIZERS = {"create": NewVariantSerializer, "partial_update": VariantChangeSerializer}


class OfProduct(FollowsSlugs):
    """Rows of the product in the path: it must be visible, and a write needs the actor to own it."""

    def product(self: Any) -> Product:
        rows = Product.objects.visible_to(self.request.actor).select_related("seller")
        product = find(rows, self.kwargs["product_id"])
        self.check_object_permissions(self.request, product)
        return product

    def locked(self: Any, product_id: int) -> Product:
        """Locks the product and checks `If-Match`; needs a transaction."""
        product = lock_product(product_id=product_id)
        check_if_match(self.request, product)
        return product


@extend_schema_view(
    create=extend_schema(request=NewVariantSerializer, responses={201: VariantSerializer}),
    partial_update=extend_schema(request=VariantChangeSerializer, responses=VariantSerializer),
    destroy=extend_schema(description="Takes it from sale: past orders keep their lines."),
)
class VariantViewSet(
    OfProduct,
    PublicReads,
    PatchMixin,
    RetrieveMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    ViewSet,
):
    """`If-Match` on a write compares the product's ETag: editing a variant counts as editing its product."""

    queryset = Variant.objects.all()
    permission_classes = [ReadOnly | OwnsProduct]
    sorts, default_sort = {"position": "position", "created_at": "created_at"}, "position"

    def get_queryset(self) -> QuerySet:
        return (
            super()
            .get_queryset()
            .filter(product=self.product())
            .select_related("product")
            .prefetch_related("prices")
        )

    def get_serializer_class(self) -> Any:
        return SERIALIZERS.get(self.action, VariantSerializer)

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        product = self.locked(self.product().pk)
        variant = NewVariant(**clean(serializer.validated_data))
        serializer.instance = create_variant(
            product=product, variant=variant, actor=self.request.actor.caller
        )

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        product = self.locked(serializer.instance.product_id)
        variant = Variant.objects.live().filter(pk=serializer.instance.pk).first()
        if variant is None:
            raise NotFound
        variant.product = product
        count_edit(product)
        serializer.instance = update_variant(
            variant=variant, changes=serializer.validated_data, actor=self.request.actor.caller
        )

    @transaction.atomic
    def perform_destroy(self, instance: Variant) -> None:
        lock_levels(product_id=instance.product_id)
        archive_variant(product=self.locked(instance.product_id), variant=instance)
