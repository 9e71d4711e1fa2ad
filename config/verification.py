"""Whether what the cache would answer now is what Django computes; `manage.py verify cache` asks."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.core.wsgi import get_wsgi_application

from catalog import cache
from catalog.cache import Fill, Hit
from config import edge, warming
from config.shared.redis import DOWN

DETAILS = 100  # of the best-selling products


def verify_cache() -> Iterator[dict[str, Any]]:
    """Of the pages that are asked for most, those that are cached. Without Redis there is nothing to be wrong."""
    application = get_wsgi_application()
    for address in [*warming.lists(), *warming.details(DETAILS)]:
        try:
            if is_stale(application, address) and is_stale(
                application, address
            ):  # a write between the two looks is none
                yield {"kind": "cached_page_stale", "detail": address, "id": address}
        except DOWN:
            return


def is_stale(application: Any, address: str) -> bool:
    parts = urlsplit(address)
    question = cache.question_of(parts.path, parts.query)
    found = cache.look(question) if question else None
    if question and isinstance(found, Fill):
        cache.release(question, found)
    if not isinstance(found, Hit):
        return False
    with warming.quietly():
        _, _, fresh = edge.run(application, warming.environ_of(address))
    return fresh != found.body
