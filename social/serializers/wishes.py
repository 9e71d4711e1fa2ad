from typing import Any

from rest_framework import serializers

from catalog.models import Product
from catalog.serializers.products import ProductRowSerializer
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from social.models import Watch, Wishlist, WishlistItem
from social.text import ShortText


class WishlistSerializer(ModelSerializer):
    name = ShortText(max_length=100)
    shared = serializers.CharField(
        source="share_token",
        read_only=True,
        allow_null=True,
        help_text="The token of `GET /wishlists/shared/{token}`.",
    )

    class Meta:
        model = Wishlist
        fields = ["id", "name", "is_default", "shared", "created_at"]
        read_only_fields = ["is_default", "created_at"]


class WishedProductSerializer(ProductRowSerializer):
    """A product no longer on sale stays on the list, marked as unavailable."""

    def to_representation(self, instance: Product) -> dict[str, Any]:
        row = super().to_representation(instance)
        return row if instance.is_public else row | {"available": False}


class WishSerializer(ModelSerializer):
    wishlist = fields.IdField(source="wishlist_id", read_only=True)
    product = WishedProductSerializer(read_only=True)
    variant = fields.IdField(source="variant_id", read_only=True, allow_null=True)

    class Meta:
        model = WishlistItem
        fields = ["id", "wishlist", "product", "variant", "created_at"]
        read_only_fields = ["created_at"]


class NewWishSerializer(Serializer):
    product = fields.IdField(help_text="Its id or slug.")
    variant = fields.IdField(required=False, allow_null=True)
    wishlist = fields.IdField(required=False, help_text="One's own; the first one unless named.")


class SharedItemSerializer(serializers.Serializer):
    product = ProductRowSerializer()
    variant = fields.IdField(source="variant_id", allow_null=True)


class SharedWishlistSerializer(serializers.Serializer):
    name = serializers.CharField()
    owner = serializers.CharField(allow_null=True, help_text="As far as the owner allows.")
    items = SharedItemSerializer(many=True, help_text="Those that are on sale, at most 500.")


class NewWatchSerializer(Serializer):
    variant = fields.IdField(required=False, allow_null=True)
    event = fields.ChoiceField(
        choices=Watch.Event.choices,
        required=False,
        help_text="Without it both, as far as there is one to wait for.",
    )
    below = fields.MoneyField(required=False, help_text="A price to wait for; the present one unless given.")


class WatchSerializer(ModelSerializer):
    product = fields.IdField(source="product_id", read_only=True)
    variant = fields.IdField(source="variant_id", read_only=True, allow_null=True)
    below = serializers.SerializerMethodField()

    class Meta:
        model = Watch
        fields = ["id", "product", "variant", "event", "below", "created_at"]
        read_only_fields = fields

    def get_below(self, watch: Watch) -> dict[str, Any] | None:
        return None if watch.price is None else watch.price.as_json()


class WatchesSerializer(serializers.Serializer):
    results = WatchSerializer(many=True)


class SeenSerializer(Serializer):
    product = fields.IdField(help_text="Its id or slug.")
