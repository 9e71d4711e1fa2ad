"""HTTP as an attacker speaks it: any bytes, any header, many at once."""

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar
from urllib.parse import urlencode

T, R = TypeVar("T"), TypeVar("R")
TIMEOUT, HANDS = 30, 8


@dataclass
class Answer:
    """Status 0: the connection ended without one."""

    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.raw)
        except ValueError:
            return None

    @property
    def code(self) -> str:
        return self.body.get("code", "") if isinstance(self.body, dict) else ""

    @property
    def is_problem(self) -> bool:
        kind = self.headers.get("Content-Type", "")
        return kind == "application/problem+json" and bool(self.body) and self.body["status"] == self.status

    @property
    def is_right(self) -> bool:
        """No 5xx, and a refusal is a problem document. What the HTTP server itself refuses (400) has no body."""
        if self.status >= 400:
            return self.status < 500 and (self.is_problem or (self.status in {400, 431} and not self.raw))
        return self.status > 0


@dataclass
class Wire:
    base: str
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.local = threading.local()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`body` is sent as it is when it is bytes, else as JSON. Connections are kept, one a thread."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json", **self.headers, **named}
        for connection in (self.kept(), self.fresh()):
            try:
                with suppress(
                    BrokenPipeError, ConnectionResetError
                ):  # answered before all was sent: too large
                    connection.request(method, path, data, sent)
                response = connection.getresponse()
                answer = Answer(response.status, response.headers, response.read())
            except (OSError, HTTPException):
                connection.close()
                continue
            return answer
        return Answer(0, {}, b"")

    def kept(self) -> HTTPConnection:
        return getattr(self.local, "connection", None) or self.fresh()

    def fresh(self) -> HTTPConnection:
        self.local.connection = HTTPConnection(self.base.removeprefix("http://"), timeout=TIMEOUT)
        return self.local.connection

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send(method, f"/api/v1/{path}", body, **headers)

    def carrying(self, token: str) -> "Wire":
        return Wire(self.base, {**self.headers, "Authorization": f"Bearer {token}"})

    def form(self, method: str, path: str, **fields: str) -> Answer:
        return self.send(
            method, path, urlencode(fields).encode(), content_type="application/x-www-form-urlencoded"
        )

    def upload(self, path: str, member: str, name: str, content: bytes, kind: str, **fields: str) -> Answer:
        mark = "x-mark-of-the-parts"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{member}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        body = b"".join(parts) + head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self.api("POST", path, body, content_type=f"multipart/form-data; boundary={mark}")


def at_once(act: Callable[[T], R], cases: Iterable[T], hands: int = HANDS) -> list[R]:
    """In the order of the cases."""
    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(act, cases))
