"""Where a request waits until all of its body is here, before anything is computed.

A thread must not wait for a client for long: granian sets no limit to the time a body takes, and eight clients that send
none had all the threads there are, for as long as they liked. So one thread of each process takes no body that is not
here (`Arrivals`), and a body has to come at a pace (`Watch`). And as it is read also when it is refused, the client reads
its answer: of a connection that is closed with something unread the answer is lost, too.

Many slow clients are what a reverse proxy that buffers bodies is for: docs/operating.md.
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
from http import HTTPStatus
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any

import structlog
from django.conf import settings
from django.utils.http import parse_header_parameters

from config.headers import Environ, own_headers
from config.shared import errors
from config.shared.encoding import to_json
from config.shared.logs import write_request
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
GRACE, PACE = 10.0, 10_000  # seconds for any body, and bytes a second that add to them

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
        with self.place(), self.watch.over(environ.get("REMOTE_ADDR", ""), length or LARGEST):
            body, arrived = received(environ["wsgi.input"], length)
        if arrived > LARGEST:
            raise errors.TooLarge(f"A body has at most {LARGEST} bytes.")
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


def received(source: Any, length: int | None) -> tuple[IO[bytes], int]:
    """What came, and how much that was: of a body beyond the largest not all is kept."""
    if length is not None and length <= SMALL:
        raw = source.read(length)
        return BytesIO(raw), len(raw)
    body, arrived = tempfile.SpooledTemporaryFile(SMALL), 0  # noqa: SIM115  (gone with the request)
    while arrived < READ and (chunk := source.read(CHUNK)):
        arrived += len(chunk)
        if arrived <= LARGEST:
            body.write(chunk)
    return body, arrived


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
        self.due: dict[
            object, tuple[float, float, str]
        ] = {}  # begun, due (monotonic seconds), address of the client
        self.something = threading.Event()
        self.thread: threading.Thread | None = None

    @contextmanager
    def over(self, address: str, length: int) -> Iterator[None]:
        now, mark = time.monotonic(), object()
        self.due[mark] = (now, now + GRACE + length / PACE, address)
        if not self.something.is_set():
            self.something.set()
        if self.thread is None:
            self.start()
        try:
            yield
        finally:
            del self.due[mark]

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
            for begun, due, address in list(self.due.values()):
                self.something.set()
                if due < now:
                    logger.warning("slow_body", address=address, shut=shut(address, now - begun))


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
    body = to_json(errors.problem(status, refusal.code, str(refusal.detail), request_id))
    headers = {
        "Content-Type": errors.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        **errors.headers_of(refusal),
    }
    start_response(
        f"{status} {HTTPStatus(status).phrase}", [*headers.items(), *own_headers(environ, request_id)]
    )
    write_request(
        method=environ["REQUEST_METHOD"], path=environ["PATH_INFO"], status=status,
        ms=round((time.perf_counter() - started) * 1000, 1), request_id=request_id,
    )  # fmt: skip
    return [body]
