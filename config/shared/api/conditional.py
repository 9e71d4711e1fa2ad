"""`ETag` and `If-Match` for what an owner edits: the tag is the version of the edits, not of their side effects."""

from hashlib import sha256
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request

from config.shared.errors import PreconditionFailed


def etag_of(resource: Any) -> str:
    """The strong tag of a row with a `version`."""
    return f'"{resource.pk}-{resource.version}"'


def etag_of_bytes(body: bytes) -> str:
    """The strong tag of an answer that nobody can edit."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def check_if_match(request: Request, resource: Any) -> None:
    """412 unless the client's `If-Match` (if it sent one) names the current version.

    Call it with the row locked, in the transaction of the write.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    tags = parse_etags(header)
    if tags != ["*"] and etag_of(resource) not in tags:
        raise PreconditionFailed(current=etag_of(resource))
