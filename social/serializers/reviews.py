from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from social.models import Review
from social.text import LongText, ShortText


class AnswerSerializer(serializers.Serializer):
    body = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReviewSerializer(ModelSerializer):
    product = fields.IdField(source="product_id", read_only=True)
    author = serializers.CharField(allow_null=True, read_only=True)
    rating = fields.IntegerField(min_value=1, max_value=5)
    title = ShortText(max_length=150, required=False, allow_blank=True)
    body = LongText(max_length=5000, required=False, allow_blank=True)
    reply = AnswerSerializer(source="answer", allow_null=True, read_only=True)

    class Meta:
        model = Review
        fields = ["id", "product", "author", "rating", "title", "body", "reply", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


class ReplySerializer(Serializer):
    body = LongText(max_length=5000)
