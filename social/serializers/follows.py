from typing import Any

from rest_framework import serializers

from catalog.serializers.products import ProductRowSerializer
from catalog.serializers.references import reference
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.errors import invalid
from social.models import Block, Follow, Post, public_name
from social.text import LongText, ShortText


class NamedSerializer(serializers.Serializer):
    """A shop or brand as embedded in other resources."""

    id = fields.IdField(source="pk")
    slug = serializers.CharField()
    name = serializers.CharField()


class FollowSerializer(ModelSerializer):
    seller = NamedSerializer(allow_null=True, read_only=True)
    brand = NamedSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Follow
        fields = ["id", "seller", "brand", "created_at"]
        read_only_fields = fields


class OneOfSerializer(Serializer):
    """A body with exactly one of its members."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            names = list(self.fields)
            raise invalid(names[-1] if attrs else names[0], f"Name one of {', '.join(names)}.", "one_of")
        return attrs


class NewFollowSerializer(OneOfSerializer):
    seller = fields.IdField(required=False, help_text="Its id or slug.")
    brand = fields.IdField(required=False, help_text="Its id or slug.")


class FollowerSerializer(ModelSerializer):
    name = serializers.SerializerMethodField(help_text="As far as the customer allows; else null.")

    class Meta:
        model = Follow
        fields = ["id", "name", "created_at"]

    def get_name(self, row: Follow) -> str | None:
        return public_name(row.user)


class BlockSerializer(ModelSerializer):
    name = serializers.CharField(read_only=True, help_text="As the shop saw it then.")

    class Meta:
        model = Block
        fields = ["id", "name", "created_at"]
        read_only_fields = fields


class NewBlockSerializer(OneOfSerializer):
    follower = fields.IdField(required=False, help_text="An id of `GET /sellers/me/followers`.")
    review = fields.IdField(required=False, help_text="The customer's review of a product of the shop.")
    part = fields.IdField(required=False, help_text="The shop's part of the customer's order.")


class AnnouncementSerializer(ModelSerializer):
    title = ShortText(max_length=150)
    body = LongText(max_length=5000)

    class Meta:
        model = Post
        fields = ["id", "title", "body", "created_at"]
        read_only_fields = ["created_at"]


class PostSerializer(Serializer):
    """`product` is null for an announcement; `title` and `body` are empty for other kinds."""

    id = fields.IdField()
    kind = serializers.ChoiceField(Post.Kind.choices)
    seller = NamedSerializer()
    brand = NamedSerializer(allow_null=True)
    product = ProductRowSerializer(allow_null=True)
    title = serializers.CharField()
    body = serializers.CharField()
    data = serializers.DictField(help_text="`price` and `previous_price` of a fall in price; `variant`.")
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Post) -> dict[str, Any]:
        """Built by hand: a field object per value would take most of a page's time."""
        if product := instance.product:
            product.seller = instance.seller
        return {
            "id": str(instance.pk),
            "kind": instance.kind,
            "seller": reference(instance.seller),
            "brand": reference(product.brand) if product else None,
            "product": ProductRowSerializer().to_representation(product) if product else None,
            "title": instance.title,
            "body": instance.body,
            "data": instance.data,
            "created_at": instance.created_at,
        }
