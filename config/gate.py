"""A request waits here until all of its body has arrived, before anything is computed.

granian sets no limit to the time that a body takes: eight clients that sent none held all threads for as long as they
liked. So one thread of each process takes no body that has yet to arrive (`Arrivals`), and a body has to come at a pace
(`Watch`). A body that the application refuses has been read, so the client reads the refusal: an answer is lost when its
connection is closed with something unread. Only `Crowded` is said without reading.

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

SMALL = CHUNK = 64 * 1024  # bytes of a body in memory; what is larger lies on disk
LARGEST = settings.REQUEST_BODY_LIMIT
# Bytes that are read of a body that is refused: most clients look for an answer after their last byte only.
READ = 4 * LARGEST
# Seconds for a place among the bodies on their way. For PAUSE after one waited in vain others have HURRY, in which one
# that is here is read.
PATIENCE, HURRY, PAUSE = 1.0, 0.1, 5
LONGEST_END = 200  # bytes: a boundary has at most 70 (RFC 2046), and white space may follow
LAST_DATA_SENT = 44  # where in linux/tcp.h's tcp_info the milliseconds since then are
GRACE, PACE = (
    10.0,
    10_000,
)  # a body's first seconds, and the bytes that give it another second when they have arrived

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
    """411: neither its length nor its own end says whether a chunked body is whole."""

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
    """The bodies that are on their way to this process: fewer than it has threads, so that reads go on."""

    def __init__(self, most: int) -> None:
        self.places, self.watch = threading.BoundedSemaphore(most), Watch()
        self.refuses_until = 0.0  # monotonic seconds

    def receive(self, environ: Environ) -> tuple[IO[bytes], int]:
        """The whole body and its length. Raises Crowded, Cut, TooLarge or Unmeasured."""
        declared = environ.get("CONTENT_LENGTH")
        length = (
            int(declared) if declared else None
        )  # hyper, below granian, has seen to it that it is a number
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
    size: int = 0  # bytes that have arrived, or are asked for at once

    @property
    def due(self) -> float:
        """Monotonic seconds: an announced length buys no time, only what has come does."""
        return self.begun + GRACE + self.size / PACE


def received(source: Any, length: int | None, arrival: Arrival) -> tuple[IO[bytes], int]:
    """What came, and how much that was: of a body beyond the largest not all is kept."""
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
    """Whether a chunked body has its own end. One that was cut off is handed on like any other; of JSON that ends in a
    bracket the parser knows whether it is the last."""
    kind, options = parse_header_parameters(content_type)
    body.seek(max(0, arrived - LONGEST_END))
    end = body.read().rstrip()
    if kind == "multipart/form-data":
        return end.endswith(f"--{options.get('boundary', '')}--".encode())
    return kind == "application/json" and end.endswith((b"}", b"]"))


class Watch:
    """Shuts the connections of bodies that come too slowly; the thread that reads one of them then finds its end.

    A request does not say which connection is its own: shut are all of its address on which nothing was sent since it began,
    which are this one, those at rest, and those of requests that have taken as long.
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
    """Shuts this server's connections with an address that were sent nothing for so long; returns how many. Linux only."""
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
            with suppress(OSError):  # it has ended by itself
                one.shutdown(socket.SHUT_RDWR)
    return len(late)


def connections() -> Iterator[socket.socket]:
    """The TCP sockets of this process, as handles of their own."""
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # it was closed meanwhile
            if stat.S_ISSOCK(entry.stat().st_mode):
                one = socket.socket(fileno=os.dup(int(entry.name)))
                if one.family in {socket.AF_INET, socket.AF_INET6} and one.type == socket.SOCK_STREAM:
                    yield one
                else:
                    one.close()


def is_listening(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def name_of(ask: Callable[[], Any]) -> tuple[str, int] | None:
    """Address and port; an IPv4 address is one, however it came."""
    try:
        host, port = ask()[:2]
    except OSError:
        return None
    address = ip_address(host.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address), port


def silent_for(one: socket.socket) -> float:
    """Seconds since something was sent on it, or since it was made."""
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
