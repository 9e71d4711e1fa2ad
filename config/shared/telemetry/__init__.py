"""Errors to Sentry and traces to OpenTelemetry, each enabled by its setting; both are scrubbed like the logs.

Their packages are optional (requirements-observability.txt), so modules are imported only when a setting asks for them.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings

REPORTERS: list[Callable[[BaseException], object]] = []  # called with exceptions that no framework hook sees


def start() -> None:
    """Called once per process, when the apps are ready and before the first request."""
    for wanted, name in ((settings.SENTRY_DSN, "sentry"), (settings.OTEL_EXPORTER_OTLP_ENDPOINT, "tracing")):
        if wanted:
            import_module(f"{__name__}.{name}").start()


def spanned(function: Callable[..., Any], name_of: Callable[..., str]) -> Callable[..., Any]:
    """`function` in a span named `name_of(*args)` if tracing is on; otherwise `function` itself, at no cost."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return function
    return import_module(f"{__name__}.tracing").spanned(function, name_of)  # type: ignore[no-any-return]


def tell(problem: BaseException) -> None:
    for report in REPORTERS:
        report(problem)
