"""What Prometheus reads at `/metrics`, collected over all processes of one machine.

Processes count in files of `PROMETHEUS_MULTIPROC_DIR` (the library's own way); the process that answers adds them up.
Figures from the database are read at each scrape: apps register them in `config.shared.registry.GAUGES`.
"""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric

from config.shared.registry import GAUGES

FOLDER = Path(settings.METRICS_DIR)
FOLDER.mkdir(parents=True, exist_ok=True)
UNMATCHED = "unmatched"  # one label for all unknown paths, or a scan would fill the memory
METHODS = {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"}
REQUESTS = Counter(
    "souk_requests",
    "HTTP requests that were answered, but for those out of the cache.",
    ["method", "route", "status"],
)
LATENCY = Histogram(
    "souk_request_seconds",
    "Time to answer an HTTP request.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
EVENTS = Counter("souk_events", "Events that the relay placed, such as order.placed.", ["type"])
REDIS = Counter(
    "souk_redis", "Commands that Redis failed, and those skipped while it rested after that.", ["kind"]
)
SOCKETS = Gauge("souk_sockets", "Open websockets.", ["consumer"], multiprocess_mode="livesum")


def count_request(request: HttpRequest, *, status: int, seconds: float) -> None:
    match = request.resolver_match
    route = match.route if match else UNMATCHED
    count_answer(route, method=request.method or "", status=status, seconds=seconds)


def count_answer(route: str, *, method: str, status: int, seconds: float) -> None:
    REQUESTS.labels(method if method in METHODS else "other", route, str(status)).inc()
    LATENCY.labels(route).observe(seconds)


def counts(rows: QuerySet, by: str = "status") -> dict[str, float]:
    """The number of rows in each state."""
    return dict(rows.order_by().values_list(by).annotate(rows=Count("*")))


class Figures:
    """The figures that apps read from the database, at the time of the scrape."""

    def collect(self) -> Iterable[Metric]:
        for name, (text, read) in sorted(GAUGES.items()):
            family = GaugeMetricFamily(name, text, labels=["state"])
            for state, value in sorted(read().items()):
                family.add_metric([state], value)
            yield family


def exposition() -> bytes:
    """The response body for Prometheus."""
    forget_dead()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=str(FOLDER))
    registry.register(Figures())
    return generate_latest(registry)


def forget_dead() -> None:
    """Drops the live gauges of processes that are gone; their counters stay."""
    for pid in {file.stem.rpartition("_")[2] for file in FOLDER.glob("gauge_live*.db")}:
        if pid.isdecimal() and not is_running(int(pid)):
            multiprocess.mark_process_dead(int(pid), path=str(FOLDER))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Serves only `/metrics`, for a process that serves no other HTTP."""
    request = WSGIRequest(environ)
    is_open = request.path == "/metrics" and may_read(request)
    start_response("200 OK" if is_open else "404 Not Found", [("Content-Type", CONTENT_TYPE_LATEST)])
    try:
        return [exposition()] if is_open else []
    finally:
        connection.close()


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(host: str, port: int) -> WSGIServer:
    """Serves in a daemon thread, which ends with the process."""
    server = make_server(host, port, application, handler_class=Silent)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def may_read(request: Any) -> bool:
    """Whoever sends `METRICS_TOKEN`; without that setting, programs on this machine whose request passed no proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and not is_forwarded
