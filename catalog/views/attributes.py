from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import AttributeType, Category
from catalog.serializers.attributes import AttributeTypeSerializer
from catalog.services.attributes import types_of
from catalog.views.edits import PatchMixin
from catalog.views.public import PublicReads
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.lookups import find
from config.shared.permissions import Administers, ReadOnly


class CategoryAttributes(PublicReads, ApiView):
    """The attribute types for a category's products: its own, and those of the categories above it."""

    permission_classes = [ReadOnly]

    @extend_schema(responses=AttributeTypeSerializer(many=True))
    def get(self, request: Request, id: str) -> Response:
        types = types_of(find(Category.objects.all(), id)).values()
        rows = [AttributeTypeSerializer(one).data for one in types]
        return Response({"results": rows, "next": None, "previous": None})


class AttributeTypeViewSet(
    PatchMixin, RetrieveMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, ViewSet
):
    """A category's own types. They are checked on writes: an existing product is checked at its next edit, and
    `manage.py check_attributes` lists products that do not fit."""

    queryset = AttributeType.objects.all()
    serializer_class = AttributeTypeSerializer
    permission_classes = [Administers]
    sorts, default_sort = {"created_at": "created_at"}, "created_at"

    def category(self) -> Category:
        return find(Category.objects.all(), self.kwargs["category_id"])

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(category=self.category()).select_related("category")

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        serializer.save(category=self.category())

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        serializer.save()
