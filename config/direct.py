"""Computes the plainest public reads without Django's middleware and views, which cost ten times as much as the read.

It runs behind the cache (`config.edge`) and serves only its questions. The answer looks like Django's: its headers are
copied from Django's first answer on each route, and limits, log lines and metrics use the same code.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.db import Error, connection

from catalog import reads
from catalog.reads import Read
from config.headers import Environ, Headers, kept, own_headers
from config.shared import redis, telemetry
from config.shared.actor import GUEST
from config.shared.api import throttling
from config.shared.api.conditional import etag_of_bytes
from config.shared.logs import write_request
from config.shared.metrics import count_answer
from config.shared.requests import client_address, request_id_from

logger = structlog.get_logger(__name__)
PLAIN = "souk.plain"  # in a request's environ: it comes from a guest, at an allowed host


class Direct:
    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.heads: dict[str, Headers] = {}  # by route, as Django sent them

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        read = reads.find(environ["PATH_INFO"], environ["QUERY_STRING"]) if PLAIN in environ else None
        if read is None:
            return self.application(environ, start_response)
        if read.route not in self.heads:
            return self.application(environ, self.learning(read, start_response))
        started = time.perf_counter()
        counts = counted(environ)
        body = compute(read) if not counts or throttling.is_within(counts) else None
        if body is None:
            return self.application(environ | {throttling.COUNTED: counts}, start_response)
        request_id = request_id_from(environ.get("HTTP_X_REQUEST_ID"))
        headers = [*self.heads[read.route], *own_headers(environ, request_id), ("ETag", etag_of_bytes(body))]
        headers += throttling.headers_of(counts).items() if counts else []
        start_response("200 OK", headers)
        note(environ, request_id, read, time.perf_counter() - started)
        return [body]

    def learning(self, read: Read, start_response: Callable[..., Any]) -> Callable[..., Any]:
        def start(status: str, headers: Headers, *args: Any) -> Any:
            if status.startswith("200"):
                self.heads[read.route] = kept(headers)
            return start_response(status, headers, *args)

        return start


def counted(environ: Environ) -> list[throttling.Count] | None:
    """Counts the request under its limits; None without Redis."""
    actor = GUEST
    if token := environ.get("HTTP_CART_TOKEN"):
        actor = GUEST.carrying(cart_token=token[:128], order_token="")
    address = client_address(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""))
    try:
        return throttling.counted(throttling.quotas_of(actor, address))
    except redis.DOWN:
        logger.warning("throttle_without_redis")
        return None


def compute(read: Read) -> bytes | None:
    """None also when the database failed or our code did: Django then tries again, on a new connection."""
    connection.close_if_unusable_or_obsolete()
    try:
        return read.body()
    except Error as problem:
        logger.warning("read_failed", problem=type(problem).__name__)
        connection.close()
    except Exception:  # a slower answer is better than a 500
        logger.exception("read_failed", route=read.route)
    return None


compute = telemetry.spanned(compute, lambda read: f"GET {read.route}")


def note(environ: Environ, request_id: str, read: Read, took: float) -> None:
    count_answer(read.route, method="GET", status=200, seconds=took)
    write_request(
        method="GET", path=environ["PATH_INFO"], status=200, ms=round(took * 1000, 1), cache="miss", request_id=request_id,
    )  # fmt: skip
