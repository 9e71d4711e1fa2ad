from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import ProductImage
from catalog.permissions import OwnsProduct
from catalog.serializers.products import ImageSerializer, ImageUploadSerializer
from catalog.services.images import add_image, delete_image
from catalog.services.products import count_edit
from catalog.views.edits import PatchMixin
from catalog.views.public import PublicReads
from catalog.views.variants import OfProduct
from config.shared.api.parsers import JSONParser
from config.shared.api.uploads import UploadParser
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.permissions import ReadOnly


@extend_schema_view(
    create=extend_schema(
        summary="Add a picture; an Idempotency-Key is not looked at",
        request={"multipart/form-data": ImageUploadSerializer},
        responses={201: ImageSerializer},
    )
)
class ImageViewSet(OfProduct, PublicReads, PatchMixin, RetrieveMixin, mixins.DestroyModelMixin, ViewSet):
    queryset = ProductImage.objects.all()
    serializer_class = ImageSerializer
    permission_classes = [ReadOnly | OwnsProduct]
    idempotency = "never"  # its transaction would stay open while a picture is decoded and written
    sorts, default_sort = {"position": "position", "created_at": "created_at"}, "position"

    def get_parsers(self) -> list[Any]:
        """Multipart for uploads only."""
        return [UploadParser()] if self.request is None or self.request.method == "POST" else [JSONParser()]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(product=self.product()).select_related("product")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        product = self.product()
        given = self.body(ImageUploadSerializer)
        image = add_image(product_id=product.pk, upload=given["image"], alt=given["alt"], lock=self.locked)
        return Response(ImageSerializer(image).data, status=201)

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        image, changes = serializer.instance, serializer.validated_data
        count_edit(self.locked(image.product_id))
        for name, value in changes.items():
            setattr(image, name, value)
        image.save(update_fields=list(changes))

    @transaction.atomic
    def perform_destroy(self, instance: ProductImage) -> None:
        delete_image(image=instance, product=self.locked(instance.product_id))
