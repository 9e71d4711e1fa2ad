"""Shops, as the public, their sellers and staff see them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import LineField
from accounts.models import Seller
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.api.uploads import UploadField


class RatingSerializer(Serializer):
    average = serializers.FloatField(source="rating_average", read_only=True, allow_null=True)
    count = fields.IntegerField(source="rating_count", read_only=True)


class SellerSerializer(ModelSerializer):
    """A shop as the public sees it."""

    rating = RatingSerializer(source="*", read_only=True)
    followers = fields.IntegerField(source="followers_count", read_only=True)
    logo = serializers.SerializerMethodField()

    class Meta:
        model = Seller
        fields = [
            "id",
            "slug",
            "name",
            "description",
            "logo",
            "rating",
            "followers",
            "product_count",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"], "format": "uri-reference"})
    def get_logo(self, shop: Seller) -> str | None:
        return shop.logo.url if shop.logo else None


class LogoSerializer(Serializer):
    logo = UploadField(max_length=255)


class OwnSellerSerializer(SellerSerializer):
    """A shop as seen by its owner, who may change its name and description."""

    name = LineField(max_length=150)
    description = fields.CharField(max_length=5000, required=False, allow_blank=True)
    commission_rate = fields.RateField(read_only=True)

    class Meta(SellerSerializer.Meta):
        fields = [*SellerSerializer.Meta.fields, "status", "commission_rate"]
        read_only_fields = ["slug", "product_count", "created_at", "status"]

    def update(self, shop: Seller, changes: dict[str, Any]) -> Seller:
        """Needs the row's lock. A change raises the version; no other columns are written."""
        for name, value in changes.items():
            setattr(shop, name, value)
        shop.version += 1
        shop.save(update_fields=[*changes, "version"])
        return shop


class CommissionSerializer(Serializer):
    commission_rate = fields.RateField()


class AdminSellerSerializer(OwnSellerSerializer):
    """A shop as staff see it."""

    user = fields.IdField(source="user_id", read_only=True)

    class Meta(OwnSellerSerializer.Meta):
        fields = [*OwnSellerSerializer.Meta.fields, "user"]
        read_only_fields = fields
