"""HTTP caching of guests' public reads."""

from typing import Any

from django.conf import settings
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.api.conditional import etag_of_bytes


class PublicReads:
    """Adds `Cache-Control` and an ETag (a digest of the body) to a guest's read; an unchanged one is 304."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if request.method not in {"GET", "HEAD"} or not request.actor.is_guest or response.status_code != 200:
            return response
        tag = etag_of_bytes(response.render().content)
        if is_known(request, tag):
            response = super().finalize_response(request, Response(status=304), *args, **kwargs)  # type: ignore[misc]
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = f"public, max-age={settings.PUBLIC_MAX_AGE}, must-revalidate"
        response.headers["Vary"] = "Authorization"
        return response


def is_known(request: Request, tag: str) -> bool:
    """If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or tag in {name.removeprefix("W/") for name in known}
