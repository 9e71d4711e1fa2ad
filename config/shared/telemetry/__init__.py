"""Errors to Sentry and traces to OpenTelemetry, each by its setting; both are scrubbed as the logs are.

Their packages are optional (requirements-observability.txt), so their modules are only imported where a setting asks for them.
"""

from collections.abc import Callable
from importlib import import_module

from django.conf import settings

REPORTERS: list[
    Callable[[BaseException], object]
] = []  # who is told of an exception that no framework's hook sees


def start() -> None:
    """Once a process, when the apps are ready and before the first request."""
    for wanted, name in ((settings.SENTRY_DSN, "sentry"), (settings.OTEL_EXPORTER_OTLP_ENDPOINT, "tracing")):
        if wanted:
            import_module(f"{__name__}.{name}").start()


def tell(problem: BaseException) -> None:
    for report in REPORTERS:
        report(problem)
