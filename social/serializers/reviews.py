from typing import Any

from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.api.uploads import UploadField
from social.models import Review, ReviewPhoto
from social.text import LongText, ShortText


class ReplyOfSerializer(serializers.Serializer):
    body = serializers.CharField()
    created_at = serializers.DateTimeField()


class PhotoSerializer(ModelSerializer):
    url = serializers.SerializerMethodField()
    thumbnail = serializers.SerializerMethodField()

    class Meta:
        model = ReviewPhoto
        fields = ["id", "url", "thumbnail", "width", "height"]
        read_only_fields = fields

    def get_url(self, photo: ReviewPhoto) -> str:
        return photo.image.url

    def get_thumbnail(self, photo: ReviewPhoto) -> str:
        return photo.thumbnail.url


class NewPhotoSerializer(Serializer):
    image = UploadField(max_length=255)


class ReviewSerializer(ModelSerializer):
    product = fields.IdField(source="product_id", read_only=True)
    author = serializers.CharField(allow_null=True, read_only=True)
    rating = fields.IntegerField(min_value=1, max_value=5)
    title = ShortText(max_length=150, required=False, allow_blank=True)
    body = LongText(max_length=5000, required=False, allow_blank=True)
    photos = PhotoSerializer(many=True, read_only=True)
    helpful = serializers.IntegerField(source="helpful_count", read_only=True)
    reply = ReplyOfSerializer(source="answer", allow_null=True, read_only=True)

    class Meta:
        model = Review
        fields = [
            "id", "product", "author", "rating", "title", "body", "photos", "helpful", "status", "reply", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "created_at", "updated_at"]


class ReplySerializer(Serializer):
    body = LongText(max_length=5000)


class ReportSerializer(Serializer):
    reason = LongText(max_length=500, required=False, allow_blank=True)


class StaffReviewSerializer(ReviewSerializer):
    reports = serializers.SerializerMethodField(help_text="Why it was reported; at most 20.")

    class Meta(ReviewSerializer.Meta):
        fields = [*ReviewSerializer.Meta.fields, "reports_count", "reports"]
        read_only_fields = fields

    def get_reports(self, review: Review) -> list[str]:
        waiting: Any = review.reports.all()  # type: ignore[attr-defined]
        return [report.reason for report in waiting if report.decided_at is None][:20]
