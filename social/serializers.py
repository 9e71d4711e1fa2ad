from typing import Any

from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.errors import invalid
from social.models import Follow, Notification, Review


class NamedSerializer(serializers.Serializer):
    """A shop or brand as it is embedded elsewhere."""

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


class NewFollowSerializer(Serializer):
    seller = fields.IdField(required=False, help_text="Its id or slug.")
    brand = fields.IdField(required=False, help_text="Its id or slug.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise invalid("brand" if attrs else "seller", "Name either a seller or a brand.", "one_of")
        return attrs


class NotificationSerializer(ModelSerializer):
    data = serializers.DictField(child=serializers.CharField(), read_only=True)
    read = serializers.BooleanField(read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "data", "read", "created_at"]
        read_only_fields = fields


class ReadAllSerializer(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many were unread.")


class AnswerSerializer(serializers.Serializer):
    body = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReviewSerializer(ModelSerializer):
    product = fields.IdField(source="product_id", read_only=True)
    author = serializers.CharField(allow_null=True, read_only=True)
    rating = fields.IntegerField(min_value=1, max_value=5)
    title = fields.CharField(max_length=150, required=False, allow_blank=True)
    body = fields.CharField(max_length=5000, required=False, allow_blank=True)
    reply = AnswerSerializer(source="answer", allow_null=True, read_only=True)

    class Meta:
        model = Review
        fields = ["id", "product", "author", "rating", "title", "body", "reply", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


class ReplySerializer(Serializer):
    body = fields.CharField(max_length=5000)
