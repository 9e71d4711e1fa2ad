"""Unexpected exceptions of requests and jobs, without bodies, variables, addresses or users."""

from typing import Any

import sentry_sdk
import structlog
from django.conf import settings
from sentry_sdk.integrations.logging import LoggingIntegration

from config.shared.logs import hide
from config.shared.telemetry import REPORTERS

KEPT = {"method", "query_string", "url"}


def start(**options: Any) -> None:
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=f"souk@{settings.SPECTACULAR_SETTINGS['VERSION']}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        integrations=[LoggingIntegration(level=None, event_level=None)],  # exceptions are captured directly
        before_send=scrubbed,
        before_breadcrumb=lambda crumb, hint: hide(crumb),
        **options,
    )
    REPORTERS.append(sentry_sdk.capture_exception)


def scrubbed(event: Any, hint: Any) -> Any:
    """The event with its request and job ids; headers, cookies and bodies are removed."""
    known = structlog.contextvars.get_contextvars()
    tags = {name: str(known[name]) for name in ("request_id", "job", "task") if name in known}
    request = {name: part for name, part in event.get("request", {}).items() if name in KEPT}
    return hide({**event, "request": request}) | {"tags": {**event.get("tags", {}), **tags}}
