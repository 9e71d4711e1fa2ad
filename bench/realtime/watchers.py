"""Many light clients in one process of their own: sockets and epoll, no library, so that they cost the machine little.

`python watchers.py PORT PRODUCT SOCKETS EVENTS` opens them, says "ready", waits for so many events at each, and prints
what came and when as JSON. It imports nothing of Souk.
"""

import json
import select
import socket
import sys
import time
from datetime import datetime

TRIES = 20
PATIENCE = 30.0  # seconds without any frame after which the rest counts as lost
HANDSHAKE = (
    "GET /ws/v1/inventory?product={product} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, PING = 0x81, 0x89


class Watcher:
    def __init__(self, port: int, product: str) -> None:
        self.address, self.hello = ("127.0.0.1", port), HANDSHAKE.format(port=port, product=product).encode()
        self.connect()

    def connect(self) -> None:
        self.wire = socket.create_connection(self.address, 60)
        self.wire.sendall(self.hello)
        self.rest, self.frames = b"", []

    def begin(self) -> None:
        """Returns once it has been told `ready`; whom a server that has just begun turns away tries again."""
        for _ in range(TRIES):
            try:
                return self.wait_for_ready()
            except ConnectionError:
                time.sleep(0.5)
                self.connect()
        raise ConnectionError("The server lets nobody in.")

    def wait_for_ready(self) -> None:
        while b"\r\n\r\n" not in self.rest:
            self.hear()
        self.rest = self.rest.partition(b"\r\n\r\n")[2]
        while not self.parse(time.time()):
            self.hear()
        if b'"ready"' not in self.frames[0][1]:
            raise ConnectionError(self.frames[0][1].decode())
        self.frames.clear()
        self.wire.setblocking(False)

    def read(self) -> int:
        """How many texts the next bytes complete."""
        self.hear()
        return self.parse(time.time())

    def hear(self) -> None:
        chunk = self.wire.recv(65536)
        if not chunk:
            raise ConnectionError("The server closed a connection.")
        self.rest += chunk

    def parse(self, now: float) -> int:
        before = len(self.frames)
        while (end := self.end_of_first()) <= len(self.rest):
            self.take(now, self.rest[:end])
            self.rest = self.rest[end:]
        return len(self.frames) - before

    def end_of_first(self) -> int:
        if len(self.rest) < 4:
            return 4
        size = self.rest[1]
        return 4 + int.from_bytes(self.rest[2:4], "big") if size == 126 else 2 + size

    def take(self, now: float, frame: bytes) -> None:
        if frame[0] == PING:
            self.wire.sendall(bytes([0x8A, 0x80 | len(frame) - 2, 0, 0, 0, 0]) + frame[2:])
        elif frame[0] == TEXT:
            self.frames.append((now, frame[4:] if frame[1] == 126 else frame[2:]))


class Crowd:
    """All of them, looked after by one epoll."""

    def __init__(self) -> None:
        self.poll, self.by_number = select.epoll(), {}

    def admit(self, some: list[Watcher]) -> None:
        for watcher in some:
            watcher.begin()
            self.by_number[watcher.wire.fileno()] = watcher
            self.poll.register(watcher.wire.fileno(), select.EPOLLIN)
        self.read(0)  # pings want an answer also while others are still coming

    def read(self, patience: float) -> int | None:
        """How many frames have come; None when nothing did."""
        told = self.poll.poll(patience)
        return sum(self.by_number[number].read() for number, _ in told) if told else None

    def watch(self, events: int) -> None:
        """Until each has been told so many, or none is told anything for long."""
        left = len(self.by_number) * events
        while left > 0 and (came := self.read(PATIENCE)) is not None:
            left -= came


def result(watchers: list[Watcher]) -> dict:
    """Delays in milliseconds from when the event was written, and by event when the last socket had it."""
    delays, last, positions, known = [], {}, [], {}
    for watcher in watchers:
        mine = []
        for now, frame in watcher.frames:
            if frame not in known:
                decoded = json.loads(frame)
                known[frame] = int(decoded["id"]), datetime.fromisoformat(decoded["at"]).timestamp()
            position, at = known[frame]
            mine.append(position)
            delays.append(1000 * (now - at))
            last[position] = max(last.get(position, 0), delays[-1])
        positions.append(mine)
    return {"delays": sorted(delays), "last": sorted(last.values()), "positions": positions}


def main(port: int, product: str, sockets: int, events: int) -> None:
    crowd = Crowd()
    for begin in range(0, sockets, 100):
        crowd.admit([Watcher(port, product) for _ in range(min(100, sockets - begin))])
    print("ready", flush=True)
    crowd.watch(events)
    print(json.dumps(result(list(crowd.by_number.values()))), flush=True)
    sys.stdin.read()  # stays connected until it is let go


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
