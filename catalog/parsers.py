from typing import Any

from rest_framework.parsers import MultiPartParser

from catalog.errors import FileTooLarge

MEGABYTE = 1024 * 1024
ENVELOPE = 64 * 1024  # bytes of a multipart body besides its file


class UploadParser(MultiPartParser):
    """Multipart bodies with a limit that is checked before anything is read."""

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
