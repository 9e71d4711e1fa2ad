from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from catalog.models import ProductImport
from catalog.serializers.transfer import ImportSerializer, UploadedFileSerializer
from catalog.tasks import import_products
from catalog.transfer.exporting import export_csv
from catalog.transfer.importing import create_import
from config.shared.api import params
from config.shared.api.uploads import UploadParser
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.errors import Forbidden, invalid
from config.shared.lookups import named
from config.shared.permissions import IsActiveSeller, IsAdmin, IsSeller


def shop_of(request: Request, named: Seller | None) -> Seller:
    """The actor's own shop; an admin must name one."""
    actor = request.actor
    if named is not None and not actor.is_admin and named.pk != actor.seller_id:
        raise Forbidden
    if named is None and actor.seller_id is None:
        raise invalid("seller", "Say whose products they are.", "required")
    return named or Seller.objects.get(pk=actor.seller_id)


class ImportViewSet(RetrieveMixin, ViewSet):
    queryset = ProductImport.objects.all()
    serializer_class = ImportSerializer

    def get_permissions(self) -> list[Any]:
        return [((IsActiveSeller if self.action == "create" else IsSeller) | IsAdmin)()]

    def get_parsers(self) -> list[Any]:
        return [UploadParser()]

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().defer("content")

    @extend_schema(request={"multipart/form-data": UploadedFileSerializer}, responses={202: ImportSerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        given = self.body(UploadedFileSerializer)
        values = {
            "file": given["file"].file,
            "filename": given["file"].name,
            "actor": request.actor.caller,
        }
        seller = shop_of(request, given.get("seller"))
        job = create_import(seller=seller, dry_run=given["dry_run"] == "true", **values)
        import_products.defer(import_id=job.pk)
        return Response(
            ImportSerializer(job).data, status=202, headers={"Location": f"{request.path}/{job.pk}"}
        )


class ExportView(ApiView):
    permission_classes = [IsSeller | IsAdmin]
    extra_parameters = ("format", "seller")

    @extend_schema(
        parameters=[
            OpenApiParameter("format", enum=["souk", "shopify"], default="souk"),
            OpenApiParameter("seller", description="An admin's choice of shop: id or slug."),
        ],
        responses={(200, "text/csv"): str},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        format_ = request.query_params.get("format", "souk")
        if format_ not in {"souk", "shopify"}:
            raise params.refuse("format", "Must be souk or shopify.")
        seller = shop_of(request, named_shop(request.query_params.get("seller")))
        answer = StreamingHttpResponse(
            export_csv(seller_id=seller.pk, format_=format_), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{seller.slug}-{format_}.csv"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def named_shop(key: str | None) -> Seller | None:
    if key is None:
        return None
    shop = Seller.objects.filter(named(key)).first()
    if shop is None:
        raise params.refuse("seller", "There is no such shop.")
    return shop
