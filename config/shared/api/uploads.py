"""Files in multipart bodies; the size limit is checked before anything is read."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from config.shared.errors import TooLarge

MEGABYTE = 1024 * 1024
ENVELOPE = 64 * 1024  # bytes of a multipart body besides its file


class FileTooLarge(TooLarge):
    code = "file_too_large"


@extend_schema_field({"type": "string", "format": "binary"})
class UploadField(serializers.FileField):
    pass


class UploadParser(MultiPartParser):
    limit = 10 * MEGABYTE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > self.limit + ENVELOPE:
            raise FileTooLarge(f"A file has at most {self.limit // MEGABYTE} MB.")
        parsed = super().parse(stream, media_type, parser_context)
        for upload in parsed.files.values():
            if upload.size > self.limit:
                raise FileTooLarge(f"A file has at most {self.limit // MEGABYTE} MB.")
        return parsed
