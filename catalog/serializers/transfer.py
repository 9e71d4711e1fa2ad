from rest_framework import serializers

from accounts.models import Seller
from catalog.models import ProductImport
from catalog.serializers.references import ReferenceField
from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.api.uploads import UploadField


class UploadedFileSerializer(Serializer):
    """A multipart body; all its values are texts."""

    file = UploadField(max_length=255)
    dry_run = fields.ChoiceField(["true", "false"], default="false")
    seller = ReferenceField(Seller, required=False)


class RowErrorSerializer(Serializer):
    line = serializers.IntegerField()
    column = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportSerializer(Serializer):
    """Counts are of products; `errors` has at most 1,000 rows. If `IMPORT_IMAGES` is on, pictures named by URL are
    fetched after the products; otherwise they are counted as skipped."""

    id = fields.IdField(source="pk")
    seller = fields.IdField(source="seller_id")
    status = serializers.ChoiceField(ProductImport.Status.choices)
    format = serializers.CharField()
    filename = serializers.CharField()
    dry_run = serializers.BooleanField()
    total = serializers.IntegerField()
    done = serializers.IntegerField(source="done_products")
    created = serializers.IntegerField(source="created_count")
    updated = serializers.IntegerField(source="updated_count")
    unchanged = serializers.IntegerField(source="unchanged_count")
    failed = serializers.IntegerField(source="failed_count")
    images_added = serializers.IntegerField()
    images_skipped = serializers.IntegerField()
    errors = RowErrorSerializer(many=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
