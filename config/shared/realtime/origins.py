"""Which pages may open a websocket; a client that is not a browser sends no Origin and may connect."""

import re

from django.conf import settings


def is_allowed(origin: str | None) -> bool:
    """True for the service's own origin, those allowed by CORS, and clients without one."""
    if origin is None:
        return True
    named = {settings.PUBLIC_URL, settings.STOREFRONT_URL, *settings.CORS_ALLOWED_ORIGINS}
    if origin in named:
        return True
    return any(re.match(pattern, origin) for pattern in settings.CORS_ALLOWED_ORIGIN_REGEXES)
