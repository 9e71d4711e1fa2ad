"""H: what this machine can do at best. A bare ASGI application that answers 2 KB of JSON."""

from typing import Any

BODY = b'{"hello": "' + b"x" * 2030 + b'"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})
