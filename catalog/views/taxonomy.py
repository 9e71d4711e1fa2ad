from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Brand, Category
from catalog.serializers.taxonomy import BrandSerializer, CategorySerializer, CategoryTreeSerializer, tree_of
from catalog.services.taxonomy import change_category, create_category, delete_brand, delete_category
from catalog.views.edits import PatchMixin
from catalog.views.public import PublicReads
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.permissions import Administers, ReadOnly


@extend_schema_view(list=extend_schema(responses=CategoryTreeSerializer, parameters=[]))
class CategoryViewSet(PublicReads, RetrieveMixin, ViewSet):
    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    permission_classes = [ReadOnly]
    alternative_lookup = "slug"
    pagination_class = None

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The whole tree, on one page."""
        roots = tree_of(list(self.filter_queryset(self.get_queryset())))
        return Response({"results": roots, "next": None, "previous": None})


class CategoryAdminViewSet(
    PatchMixin, RetrieveMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, ViewSet
):
    """PATCH `parent` moves a category with its subcategories; null moves it to the top."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    permission_classes = [Administers]
    alternative_lookup = "slug"
    sorts, default_sort = {"path": "path", "name": "name"}, "path"

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = create_category(**serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = change_category(category=serializer.instance, changes=serializer.validated_data)

    def perform_destroy(self, instance: Category) -> None:
        delete_category(category=instance)


class BrandViewSet(PublicReads, RetrieveMixin, ViewSet):
    queryset = Brand.objects.all()
    serializer_class = BrandSerializer
    permission_classes = [ReadOnly]
    alternative_lookup = "slug"
    sorts, default_sort = {"name": "name", "followers": "followers_count", "created_at": "created_at"}, "name"


class BrandAdminViewSet(
    PatchMixin, RetrieveMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, ViewSet
):
    queryset = Brand.objects.all()
    serializer_class = BrandSerializer
    permission_classes = [Administers]
    alternative_lookup = "slug"
    sorts, default_sort = {"name": "name", "created_at": "created_at"}, "name"

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        serializer.save()

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        serializer.save()

    def perform_destroy(self, instance: Brand) -> None:
        delete_brand(brand=instance)
