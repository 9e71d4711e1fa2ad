from typing import Any

from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.api.uploads import UploadField
from config.shared.errors import invalid
from social.models import Answer, Attachment, Message, Question
from social.text import LongText


class QuestionAnswerSerializer(ModelSerializer):
    author = serializers.CharField(read_only=True, allow_null=True)
    body = LongText(max_length=2000)

    class Meta:
        model = Answer
        fields = ["id", "author", "by_seller", "body", "created_at"]
        read_only_fields = ["by_seller", "created_at"]


class QuestionSerializer(ModelSerializer):
    product = fields.IdField(source="product_id", read_only=True)
    author = serializers.CharField(read_only=True, allow_null=True)
    body = LongText(max_length=1000)
    answers = QuestionAnswerSerializer(source="shown", many=True, read_only=True)

    class Meta:
        model = Question
        fields = ["id", "product", "author", "body", "answers", "created_at"]
        read_only_fields = ["created_at"]


class AttachmentSerializer(ModelSerializer):
    url = serializers.SerializerMethodField(help_text="For the two of them alone: it needs the same token.")

    class Meta:
        model = Attachment
        fields = ["id", "url", "width", "height"]
        read_only_fields = fields

    def get_url(self, row: Attachment) -> str:
        return f"/api/v1/messages/{row.message_id}/attachments/{row.pk}"


class MessageSerializer(ModelSerializer):
    part = fields.IdField(source="part_id", read_only=True)
    order = serializers.SerializerMethodField()
    read = serializers.SerializerMethodField(help_text="By the other side.")
    attachments = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = Message
        fields = ["id", "part", "order", "side", "body", "attachments", "read", "created_at"]
        read_only_fields = fields

    def get_order(self, row: Message) -> str:
        return str(row.part.order_id)

    def get_read(self, row: Message) -> bool:
        return row.read_at is not None


class NewMessageSerializer(Serializer):
    part = fields.IdField(help_text="The part of the order that it is about.")
    body = LongText(max_length=2000, required=False, allow_blank=True, default="")
    attachment = serializers.ListField(
        child=UploadField(max_length=255), required=False, help_text="Pictures, in multipart bodies."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["body"] and not attrs.get("attachment"):
            raise invalid("body", "Say something, or show a picture.", "required")
        return attrs


class ThreadSerializer(Serializer):
    part = fields.IdField()
