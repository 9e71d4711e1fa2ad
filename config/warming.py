"""The most requested public pages."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from catalog.models import Brand, Category, Product

SORTS = ("", "?sort=price", "?sort=-price", "?sort=-rating", "?sort=-best_selling")


@contextmanager
def quietly() -> Iterator[None]:
    """Disables throttling and logging for a command's own requests, which come from no client."""
    scale, settings.THROTTLE_SCALE = settings.THROTTLE_SCALE, 0
    logger = logging.getLogger("souk.http")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        settings.THROTTLE_SCALE = scale
        logger.setLevel(level)


def lists() -> list[str]:
    found = [f"/api/v1/products{sort}" for sort in SORTS] + ["/api/v1/categories", "/api/v1/brands"]
    for name, model in (("category", Category), ("brand", Brand)):
        slugs = model.objects.values_list("slug", flat=True)
        found += [f"/api/v1/products?{name}={slug}" for slug in slugs]
    return found


def details(count: int) -> list[str]:
    best = Product.objects.public().order_by("-units_sold", "-id").values_list("pk", flat=True)[:count]
    return [f"/api/v1/products/{key}" for key in best]


def environ_of(address: str) -> dict[str, Any]:
    """The environ of a guest's GET, as a server would pass it on."""
    parts = urlsplit(address)
    host = next(
        (host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")), "localhost"
    )
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "HTTP_HOST": host,
        "SERVER_NAME": host, "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
