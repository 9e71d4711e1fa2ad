"""`/sellers`: shops as the public sees them, and the caller's own."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import Seller
from accounts.permissions import HasShop, MayApply, ShopIsEditable
from accounts.serializers.sellers import LogoSerializer, OwnSellerSerializer, SellerSerializer
from config.shared.api.conditional import check_if_match, etag_of
from config.shared.api.parsers import JSONParser
from config.shared.api.uploads import UploadParser
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet


@extend_schema_view(
    list=extend_schema(summary="Open shops"), retrieve=extend_schema(summary="A shop by its id or slug")
)
class Sellers(RetrieveMixin, ViewSet):
    queryset = Seller.objects.all()
    serializer_class = SellerSerializer
    permission_classes = [AllowAny]
    alternative_lookup = "slug"
    sorts = {"created_at": "created_at", "followers": "followers_count"}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().public()


class Apply(ApiView):
    permission_classes = [MayApply]

    @extend_schema(request=OwnSellerSerializer, responses={201: OwnSellerSerializer})
    def post(self, request: Request) -> Response:
        """Apply for a shop, or reapply after a rejection; staff decide."""
        shop = services.apply_as_seller(user=request.user, **self.body(OwnSellerSerializer))
        return Response(OwnSellerSerializer(shop).data, status=201, headers={"ETag": etag_of(shop)})


class OwnShop(ApiView):
    permission_classes = [HasShop, ShopIsEditable]

    @extend_schema(responses=OwnSellerSerializer)
    def get(self, request: Request) -> Response:
        """One's own shop, in any state."""
        shop = request.user.shop
        return Response(OwnSellerSerializer(shop).data, headers={"ETag": etag_of(shop)})

    @extend_schema(request=OwnSellerSerializer, responses=OwnSellerSerializer)
    @transaction.atomic
    def patch(self, request: Request) -> Response:
        """Change name and description; honours `If-Match`."""
        shop = Seller.objects.select_for_update().get(pk=request.actor.seller_id)
        check_if_match(request, shop)
        serializer = OwnSellerSerializer(shop, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data, headers={"ETag": etag_of(shop)})


class Logo(ApiView):
    permission_classes = [HasShop, ShopIsEditable]
    idempotency = "never"  # its transaction would stay open while a picture is decoded and written

    def get_parsers(self) -> list[Any]:
        """Accepts multipart only for an upload."""
        return [UploadParser()] if self.request is None or self.request.method == "POST" else [JSONParser()]

    @extend_schema(request={"multipart/form-data": LogoSerializer}, responses=OwnSellerSerializer)
    def post(self, request: Request) -> Response:
        """Set your shop's logo: a JPEG, PNG, WebP or GIF, kept as WebP of at most 512 pixels."""
        upload = self.body(LogoSerializer)["logo"]
        shop = services.set_logo(seller_id=request.actor.seller_id, upload=upload)
        return Response(OwnSellerSerializer(shop).data, headers={"ETag": etag_of(shop)})

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the logo."""
        services.replace_logo(seller_id=request.actor.seller_id)
        return Response(status=204)
