"""Bodies: strict JSON with a size limit. orjson refuses NaN, bad UTF-8 and endless nesting."""

from typing import Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from config.shared import errors

MAX_DEPTH = 50  # no body of this API has five levels


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = read_within_limit(stream)
        if b"\\u0000" in raw or b"\x00" in raw:
            raise ParseError("NUL characters are not allowed.", "null_character")
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as problem:
            raise ParseError(f"The body is not valid JSON: {problem}.", "malformed") from None
        if is_deeper(body, MAX_DEPTH):
            raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.", "malformed")
        return body


def is_deeper(body: Any, levels: int) -> bool:
    """Whether containers are nested deeper than `levels`. Goes level by level, without the recursion it protects from."""
    layer = [body]
    for _ in range(levels + 1):
        inner = (
            part.values() if isinstance(part, dict) else part
            for part in layer
            if isinstance(part, dict | list)
        )
        layer = [value for values in inner for value in values]
        if not layer:
            return False
    return True


def read_within_limit(stream: Any) -> bytes:
    """The whole body, or 413 beyond `DATA_UPLOAD_MAX_MEMORY_SIZE`; DRF's own parser has no limit."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise errors.TooLarge(f"The body is larger than {limit} bytes.")
    return raw
