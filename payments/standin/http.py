"""The little HTTP that the stand-in needs: requests, answers, and a POST to a receiver."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from . import forms

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MAXIMUM_ANSWER_READ = 65_536


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Protocol(HttpToolsProtocol):
    """Lets the application cut the connection instead of answering."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"cut": self.transport.abort}  # type: ignore[dict-item]


@dataclass
class Request:
    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    body: bytes

    @cached_property
    def form(self) -> dict[str, Any]:
        """The parameters: the query of a GET or DELETE, the body of a POST."""
        return forms.parse(self.body if self.method == "POST" else self.query)

    @classmethod
    async def read(cls, scope: Scope, receive: Receive) -> "Request":
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return cls(scope["method"], scope["path"], scope["query_string"], headers, body)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, send: Send) -> None:
        headers = {"content-type": "application/json", **self.headers, "content-length": str(len(self.body))}
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(status: int, data: Any, headers: Mapping[str, str] = {}) -> Answer:
    return Answer(status, orjson.dumps(data), dict(headers))


def html_answer(status: int, page: str) -> Answer:
    return Answer(status, page.encode(), {"content-type": "text/html; charset=utf-8"})


def redirect(url: str) -> Answer:
    """Quotes the URL, so that it can neither end the header nor break its encoding."""
    return Answer(303, b"", {"location": quote(url, safe="!#$%&'()*+,/:;=?@[]~")})


async def disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Returns the answer's status; raises OSError or ValueError if there is none. Does not follow redirects."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure or None)
    try:
        writer.write(_head(parts.path or "/", parts.query, parts.netloc, headers, len(body)) + body)
        await writer.drain()
        status = (await reader.readline()).split()
        await reader.read(MAXIMUM_ANSWER_READ)
        return int(status[1]) if len(status) > 1 else 0
    finally:
        writer.close()


def _head(path: str, query: str, host: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"POST {path}{'?' + query if query else ''} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode("latin-1")
