"""Stands before Django and answers public reads from the cache, exactly as Django would have answered them.

It handles only plain requests (GET or HEAD, no credentials, an allowed host, a route that `catalog.cache` knows).
Django gets all others, and also computes what the cache does not have.
"""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import parse_etags

from catalog import cache
from catalog.cache import Fill, Hit, Question
from config.direct import PLAIN
from config.headers import Environ, Headers, kept, own_headers
from config.shared.logs import write_request
from config.shared.requests import request_id_from

CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_ORDER_TOKEN")


class Edge:
    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        question = question_in(environ)
        if question is None:
            return self.application(environ, start_response)
        started = time.perf_counter()
        found = cache.look(question)
        if isinstance(found, Hit):
            request_id = request_id_from(environ.get("HTTP_X_REQUEST_ID"))
            headers = [*headers_in(found.head), *own_headers(environ, request_id), ("X-Cache", "hit")]
            status, body = answer(environ, found, start_response, headers)
            log(environ, request_id, status, started)
            return body
        return self.compute(question, found, environ, start_response)

    def compute(
        self, question: Question, fill: Fill | None, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Asks Django for the whole answer: a 304 or a HEAD would leave nothing to cache."""
        whole = {name: value for name, value in environ.items() if name != "HTTP_IF_NONE_MATCH"}
        try:
            status, headers, body = run(
                self.application,
                whole | {"REQUEST_METHOD": "GET", "QUERY_STRING": question.query, PLAIN: True},
            )
            page = page_of(status, headers, body)
            if fill and page:
                cache.store(question, fill, page)
                fill = None
        finally:
            if fill:
                cache.release(question, fill)
        headers.append(("X-Cache", "miss"))
        if page:
            named = [
                (name, value) for name, value in headers if name.lower() not in {"content-length", "etag"}
            ]
            return answer(environ, page, start_response, named)[1]
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def question_in(environ: Environ) -> Question | None:
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or any(name in environ for name in CREDENTIALS):
        return None
    if not is_allowed(environ.get("HTTP_HOST", "")):
        return None
    return cache.question_of(environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))


@lru_cache(256)
def is_allowed(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def run(application: Callable[..., Iterable[bytes]], environ: Environ) -> tuple[str, Headers, bytes]:
    told: list[Any] = []
    response = application(environ, lambda status, headers, exc_info=None: told.extend((status, headers)))
    try:
        body = b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
    return told[0], list(told[1]), body


def page_of(status: str, headers: Headers, body: bytes) -> Hit | None:
    """The answer as a cache entry if it may be cached: public, and with an ETag."""
    given = {name.lower(): value for name, value in headers}
    is_public = "public" in given.get("cache-control", "") and "set-cookie" not in given
    if not status.startswith("200") or not is_public or "etag" not in given:
        return None
    return Hit(given["etag"], "\n".join(f"{name}: {value}" for name, value in kept(headers)), body)


@lru_cache(64)
def headers_in(head: str) -> Headers:
    return [(name, value) for name, _, value in (line.partition(": ") for line in head.split("\n"))]


def answer(
    environ: Environ, page: Hit, start_response: Callable[..., Any], headers: Headers
) -> tuple[int, Iterable[bytes]]:
    """200, or 304 if the client already has this version."""
    if knows(environ.get("HTTP_IF_NONE_MATCH"), page.etag):
        start_response("304 Not Modified", [*without_type(headers), ("ETag", page.etag)])
        return 304, []
    start_response("200 OK", [*headers, ("ETag", page.etag), ("Content-Length", str(len(page.body)))])
    return 200, [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]


def without_type(headers: Headers) -> Headers:
    return [header for header in headers if header[0].lower() != "content-type"]


def knows(header: str | None, etag: str) -> bool:
    """If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    if header is None:
        return False
    known = parse_etags(header)
    return known == ["*"] or etag in {name.removeprefix("W/") for name in known}


def log(environ: Environ, request_id: str, status: int, started: float) -> None:
    took = round((time.perf_counter() - started) * 1000, 1)
    write_request(
        method=environ["REQUEST_METHOD"], path=environ["PATH_INFO"], status=status, ms=took, cache="hit",
        request_id=request_id,
    )  # fmt: skip
