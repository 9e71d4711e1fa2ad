"""Compares what the cache would answer with what Django computes now; run by `manage.py verify cache`."""

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
    """Checks the most requested pages that are cached. Without Redis nothing can be stale."""
    application = get_wsgi_application()
    for address in [*warming.lists(), *warming.details(DETAILS)]:
        try:
            if is_stale(application, address) and is_stale(
                application, address
            ):  # a difference due to a write between the two reads does not recur
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
