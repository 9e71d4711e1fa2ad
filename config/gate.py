"""Holds each request until its whole body has arrived, before anything is computed.

granian sets no time limit on a body: eight clients that sent none held all threads for as long as they liked. So one
thread of each process never waits for a body (`Arrivals`), and a body has to arrive at a minimum pace (`Watch`). The
body of a refused request is read first, so that the client gets to read the refusal: an answer is lost when its
connection is closed with unread input. Only `Crowded` is sent without reading.

Many slow clients need a reverse proxy that buffers bodies: docs/operating.md.
"""

import os
import socket
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any

import structlog
from django.conf import settings
from django.utils.http import parse_header_parameters

from config.headers import Environ, own_headers
from config.limited import REFUSED
from config.shared import errors
from config.shared.logs import write_request
from config.shared.metrics import UNMATCHED, count_answer
from config.shared.requests import request_id_from

SMALL = CHUNK = 64 * 1024  # bytes of a body kept in memory; larger ones go to disk
LARGEST = settings.REQUEST_BODY_LIMIT
# Bytes read of a refused body: most clients look for an answer only after their last byte.
READ = 4 * LARGEST
# Seconds to wait for a free place. After one request waited in vain, others wait only HURRY for the next PAUSE seconds,
# which is enough to read a body that has already arrived.
PATIENCE, HURRY, PAUSE = 1.0, 0.1, 5
LONGEST_END = 200  # bytes: a boundary has at most 70 (RFC 2046), and white space may follow
LAST_DATA_SENT = 44  # offset in linux/tcp.h's tcp_info of the milliseconds since data was last sent
GRACE, PACE = (
    10.0,
    10_000,
)  # seconds free to every body, and the bytes received that earn it another second

logger = structlog.get_logger(__name__)


class Crowded(errors.Problem):
    status_code, code, retry_after = 503, "too_many_bodies", PAUSE
    detail = "Too many requests are still being received: try again."


class Cut(errors.Problem):
    status_code, code, detail = (
        400,
        "incomplete_body",
        "The body ended, or came too slowly, before all of it was here.",
    )


class Unmeasured(errors.Problem):
    """411: a chunked body whose completeness neither a length nor its own ending can show."""

    status_code, code, detail = (
        411,
        "length_required",
        "A chunked body must be JSON or a form of several parts, and whole: else say its Content-Length.",
    )


class Gate:
    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.arrivals = Arrivals(max(1, settings.WEB_THREADS - 1))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_chunked = "HTTP_TRANSFER_ENCODING" in environ and environ.get("wsgi.input_terminated")
        if not is_chunked and environ.get("CONTENT_LENGTH", "0") in {"", "0"}:
            return self.application(environ, start_response)
        started = time.perf_counter()
        try:
            body, length = self.arrivals.receive(environ)
        except errors.Problem as refusal:
            return refuse(refusal, environ, start_response, started)
        environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
        return self.application(environ, start_response)


class Arrivals:
    """The bodies arriving at this process: at most one fewer than its threads, so that reads are still served."""

    def __init__(self, most: int) -> None:
        self.places, self.watch = threading.BoundedSemaphore(most), Watch()
        self.refuses_until = 0.0  # monotonic seconds

    def receive(self, environ: Environ) -> tuple[IO[bytes], int]:
        """The whole body and its length. Raises Crowded, Cut, TooLarge or Unmeasured."""
        declared = environ.get("CONTENT_LENGTH")
        length = int(declared) if declared else None  # hyper, below granian, has checked that it is a number
        with self.place(), self.watch.over(environ.get("REMOTE_ADDR", "")) as arrival:
            body, arrived = received(environ["wsgi.input"], length, arrival)
        if arrived > LARGEST:
            raise errors.TooLarge(REFUSED.format(LARGEST))
        if length is None and not is_whole(body, arrived, environ.get("CONTENT_TYPE", "")):
            raise Unmeasured
        if length is not None and arrived < length:
            raise Cut
        body.seek(0)
        return body, arrived

    @contextmanager
    def place(self) -> Iterator[None]:
        is_crowded = time.monotonic() < self.refuses_until
        if not self.places.acquire(timeout=HURRY if is_crowded else PATIENCE):
            self.refuses_until = time.monotonic() + PAUSE
            raise Crowded
        try:
            yield
        finally:
            self.places.release()


@dataclass(eq=False)
class Arrival:
    """A body on its way."""

    address: str
    begun: float = field(default_factory=time.monotonic)
    size: int = 0  # bytes that have arrived, or that a single read has asked for

    @property
    def due(self) -> float:
        """Monotonic seconds. Only bytes that have arrived extend the time; an announced length does not."""
        return self.begun + GRACE + self.size / PACE


def received(source: Any, length: int | None, arrival: Arrival) -> tuple[IO[bytes], int]:
    """The body and its size. A body over the limit is counted but not kept in full."""
    if length is not None and length <= SMALL:
        arrival.size = length
        raw = source.read(length)
        return BytesIO(raw), len(raw)
    body = tempfile.SpooledTemporaryFile(SMALL)  # noqa: SIM115  (gone with the request)
    while arrival.size < READ and (chunk := source.read(CHUNK)):
        arrival.size += len(chunk)
        if arrival.size <= LARGEST:
            body.write(chunk)
    return body, arrival.size


def is_whole(body: IO[bytes], arrived: int, content_type: str) -> bool:
    """Whether a chunked body ends as its format must. A truncated body is passed on like any other, so it must be
    noticed here; the JSON parser itself finds out whether the last bracket closes the document."""
    kind, options = parse_header_parameters(content_type)
    body.seek(max(0, arrived - LONGEST_END))
    end = body.read().rstrip()
    if kind == "multipart/form-data":
        return end.endswith(f"--{options.get('boundary', '')}--".encode())
    return kind == "application/json" and end.endswith((b"}", b"]"))


class Watch:
    """Shuts the connections of bodies that arrive too slowly; the thread reading such a body then sees it end.

    A request does not know its own connection. So this shuts all connections from its address on which nothing was sent
    since the request began: its own, idle ones, and those of requests that have taken as long.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.arrivals: set[Arrival] = set()
        self.something = threading.Event()
        self.thread: threading.Thread | None = None

    @contextmanager
    def over(self, address: str) -> Iterator[Arrival]:
        arrival = Arrival(address)
        self.arrivals.add(arrival)
        if not self.something.is_set():
            self.something.set()
        if self.thread is None:
            self.start()
        try:
            yield arrival
        finally:
            self.arrivals.remove(arrival)

    def start(self) -> None:
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="slow bodies", daemon=True)
                self.thread.start()

    def run(self) -> None:
        while True:
            self.something.wait()
            time.sleep(1)
            self.something.clear()
            now = time.monotonic()
            for arrival in list(self.arrivals):
                self.something.set()
                if arrival.due < now:
                    closed = shut(arrival.address, now - arrival.begun)
                    logger.warning("slow_body", address=arrival.address, shut=closed)


def shut(address: str, seconds: float) -> int:
    """Shuts this server's connections with `address` that were sent nothing for `seconds`; returns their number.
    Linux only."""
    with ExitStack() as stack:
        ours = [stack.enter_context(connection) for connection in connections()]
        ports = {here[1] for one in ours if (here := name_of(one.getsockname)) and is_listening(one)}
        late = [
            one
            for one in ours
            if (here := name_of(one.getsockname))
            and here[1] in ports
            and (there := name_of(one.getpeername))
            and there[0] == address
            and silent_for(one) > seconds - 1
        ]
        for one in late:
            with suppress(OSError):  # already closed
                one.shutdown(socket.SHUT_RDWR)
    return len(late)


def connections() -> Iterator[socket.socket]:
    """The TCP sockets of this process, as duplicated handles."""
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # closed meanwhile
            if stat.S_ISSOCK(entry.stat().st_mode):
                one = socket.socket(fileno=os.dup(int(entry.name)))
                if one.family in {socket.AF_INET, socket.AF_INET6} and one.type == socket.SOCK_STREAM:
                    yield one
                else:
                    one.close()


def is_listening(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def name_of(ask: Callable[[], Any]) -> tuple[str, int] | None:
    """Address and port; an IPv4-mapped IPv6 address is given as IPv4."""
    try:
        host, port = ask()[:2]
    except OSError:
        return None
    address = ip_address(host.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address), port


def silent_for(one: socket.socket) -> float:
    """Seconds since data was last sent on the connection, or since it was opened."""
    told = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("I", told, LAST_DATA_SENT)[0] / 1000


def refuse(
    refusal: errors.Problem, environ: Environ, start_response: Callable[..., Any], started: float
) -> Iterable[bytes]:
    status, request_id = refusal.status_code, request_id_from(environ.get("HTTP_X_REQUEST_ID"))
    body = errors.document(refusal, request_id)
    headers = {
        "Content-Type": errors.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        **errors.headers_of(refusal),
    }
    start_response(
        f"{status} {HTTPStatus(status).phrase}", [*headers.items(), *own_headers(environ, request_id)]
    )
    method, took = environ["REQUEST_METHOD"], time.perf_counter() - started
    count_answer(UNMATCHED, method=method, status=status, seconds=took)
    write_request(
        method=method,
        path=environ["PATH_INFO"],
        status=status,
        ms=round(took * 1000, 1),
        request_id=request_id,
    )
    return [body]
