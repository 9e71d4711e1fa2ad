"""The headers of Django's middleware, for answers made before it (`config.edge`, `config.direct`)."""

from functools import lru_cache
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.shared.requests import is_trusted_proxy

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
# Headers that belong to one answer and must not be reused for another.
PERSONAL = (
    "access-control-",
    "ratelimit",
    "set-cookie",
    "strict-transport-security",
    "x-request-id",
    "date",
    "x-cache",
    "etag",
    "content-length",
)


def kept(headers: Headers) -> Headers:
    """The headers that may be reused for another answer."""
    return [(name, value) for name, value in headers if not name.lower().startswith(PERSONAL)]


def own_headers(environ: Environ, request_id: str) -> Headers:
    """The headers that depend on the client and its connection."""
    headers = [("X-Request-Id", request_id)]
    if origin := environ.get("HTTP_ORIGIN"):
        headers += cors_headers(origin)
    if settings.SECURE_HSTS_SECONDS and is_secure(environ):
        headers.append(("Strict-Transport-Security", hsts()))
    return headers


@lru_cache(256)
def cors_headers(origin: str) -> Headers:
    """The headers of the CORS middleware for this origin."""
    request, response = HttpRequest(), HttpResponse()
    request.META = {"HTTP_ORIGIN": origin}
    request.path_info = "/api/v1/products"
    CorsMiddleware(lambda request: response).add_response_headers(request, response)
    return [(name, value) for name, value in response.items() if name.lower().startswith("access-control-")]


def is_secure(environ: Environ) -> bool:
    if environ.get("wsgi.url_scheme") == "https":
        return True
    return environ.get("HTTP_X_FORWARDED_PROTO") == "https" and is_trusted_proxy(
        environ.get("REMOTE_ADDR", "")
    )


@lru_cache
def hsts() -> str:
    value = f"max-age={settings.SECURE_HSTS_SECONDS}"
    value += "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    return value + ("; preload" if settings.SECURE_HSTS_PRELOAD else "")
