"""Bodies that do not come, or a byte at a time: reads go on, and each of these connections is given up before long."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from bench.security.attacks.bodies import HEAD
from bench.security.report import Check
from config import gate

EACH = 4  # connections of a kind: with all of them there are more than the node has threads
PAUSE = 0.5  # seconds between two bytes
BEGINNINGS = {
    "a body that does not come": HEAD + b"Content-Length: 1000\r\n\r\n{",
    "a terabyte that does not come": HEAD + b"Content-Length: 1000000000000\r\n\r\n{",
    "a large body, a byte at a time": HEAD + b"Content-Length: 20000000\r\n\r\n{",
    "chunks that do not end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
}
DRIPS = {"a large body, a byte at a time": b" ", "chunks that do not end": b"1\r\n \r\n"}
QUICK = 4.0  # seconds that a read may take meanwhile
GIVEN_UP = 2 * gate.GRACE + 10  # seconds: who waited for a place begins a grace of their own


def attack(scene: Any) -> Iterator[Check]:
    yield slow_bodies(scene)


def slow_bodies(scene: Any) -> Check:
    check = Check("bodies that do not come, or a byte at a time")
    names, over = [name for name in BEGINNINGS for _ in range(EACH)], threading.Event()
    with ExitStack() as open_ones:
        connections = [(name, open_ones.enter_context(begun(scene.web.base, name))) for name in names]
        dripping = threading.Thread(target=drip, args=(connections, over))
        dripping.start()
        for _ in range(10):
            started = time.monotonic()
            status = scene.web.send("GET", "/api/v1/categories").status
            took = time.monotonic() - started
            check.tried(status == 200 and took < QUICK, f"a read meanwhile: {status} after {took:.1f} s")
        until = time.monotonic() + GIVEN_UP
        for name, connection in connections:
            check.tried(has_ended(connection, until), f"{name}: still open after {GIVEN_UP:.0f} s")
        over.set()
        dripping.join()
    after = scene.web.api("POST", "auth/token", {"email": "a@b.test", "password": "no"})
    check.equal(after.status, 401, "a write afterwards")
    return check


def begun(base: str, name: str) -> socket.socket:
    address = urlsplit(base)
    connection = socket.create_connection((address.hostname, address.port), timeout=GIVEN_UP)
    connection.sendall(BEGINNINGS[name])
    return connection


def drip(connections: list[tuple[str, socket.socket]], over: threading.Event) -> None:
    while not over.wait(PAUSE):
        for name, connection in connections:
            try:
                connection.send(DRIPS.get(name, b""))
            except OSError:  # it was given up
                continue


def has_ended(connection: socket.socket, until: float) -> bool:
    """Whether the server ended it, with or without a last word."""
    try:
        while True:
            connection.settimeout(max(0.1, until - time.monotonic()))
            if not connection.recv(4096):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
