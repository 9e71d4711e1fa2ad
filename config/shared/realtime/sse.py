"""Server-Sent Events: `GET /api/v1/events` with `Accept: text/event-stream`, on the websocket port.

The same log, scope and cursor as the websockets; `EventSource` sends `Last-Event-ID` when it comes back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import orjson
from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.exceptions import ValidationError

from config.shared.actor import GUEST, Actor
from config.shared.encoding import to_json
from config.shared.errors import MEDIA_TYPE, Forbidden, Problem, Unauthenticated, problem
from config.shared.events import log
from config.shared.events.declared import all_streams
from config.shared.events.views import audiences_of
from config.shared.realtime.hub import Subscription, hub
from config.shared.realtime.origins import is_allowed
from config.shared.requests import request_id_from

PATH = "/api/v1/events"
KEEP_ALIVE = 15.0  # seconds between comments that keep proxies from closing the stream


class EventStream:
    """ASGI: answers `text/event-stream` requests for the log and hands everything else on."""

    def __init__(self, fallback: Callable[..., Awaitable[None]]) -> None:
        self.fallback = fallback

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"].rstrip("/") == PATH and "text/event-stream" in headers.get("accept", ""):
            await Stream(scope, headers, receive, send).run()
        else:
            await self.fallback(scope, receive, send)


class Stream:
    """One client's stream."""

    def __init__(self, scope: dict[str, Any], headers: dict[str, str], receive: Any, send: Any) -> None:
        self.headers, self.receive, self.send = headers, receive, send
        self.query = parse_qs(scope["query_string"].decode("latin-1"))
        self.request_id = request_id_from(headers.get("x-request-id"))
        self.ended = asyncio.Event()

    async def run(self) -> None:
        try:
            actor = await self.authenticate()
            audiences = audiences_of(actor, self.query.get("product", []))
            cursor = self.headers.get("last-event-id") or self.query.get("after", [""])[0]
            after = log.parse_cursor(cursor) if cursor else None
        except Problem as refusal:
            await self.refuse(refusal)
            return
        except ValidationError:
            await self.refuse(Problem("A query parameter is not valid.", code="invalid_parameter"))
            return
        await self.stream(audiences, after)

    async def authenticate(self) -> Actor:
        if not is_allowed(self.headers.get("origin")):
            raise Forbidden
        ticket, bearer = self.query.get("ticket", [""])[0], self.headers.get("authorization", "")
        find = import_string(settings.SOCKET_AUTHENTICATOR)
        actor = (
            await database_sync_to_async(find)(ticket=ticket, authorization=bearer)
            if ticket or bearer
            else GUEST
        )
        if actor is None or (actor.is_guest and "product" not in self.query):
            raise Unauthenticated
        return actor

    async def refuse(self, refusal: Problem) -> None:
        body = to_json(problem(refusal.status_code, refusal.code, str(refusal.detail), self.request_id))
        await self.start(refusal.status_code, MEDIA_TYPE)
        await self.send({"type": "http.response.body", "body": body})

    async def stream(self, audiences: list[str], after: int | None) -> None:
        """Replays, says `ready`, then goes on live until the client leaves."""
        await self.start(200, "text/event-stream; charset=utf-8")
        subscription = Subscription(
            streams=all_streams(), audiences=audiences, send=self.write, too_slow=self.end
        )
        subscription.is_held = True
        cursor = await hub().subscribe(subscription)
        try:
            await self.replay(audiences, after, cursor)
            await self.tell("ready", cursor)
            subscription.release()
            await self.wait()
        finally:
            hub().unsubscribe(subscription)

    async def start(self, status: int, media_type: str) -> None:
        headers = {"content-type": media_type, "cache-control": "no-store", "x-request-id": self.request_id}
        if origin := self.headers.get("origin"):
            headers |= {"access-control-allow-origin": origin, "vary": "Origin"}
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})

    async def replay(self, audiences: list[str], after: int | None, until: int) -> None:
        if after is None:
            return
        if not await database_sync_to_async(log.can_resume)(after, until):
            await self.tell("resync", until)
            return
        async for event in log.replay(audiences, streams=all_streams(), after=after, until=until):
            await self.write(event.encoded(), event.position)

    async def wait(self) -> None:
        """Until the client is gone or was too slow; a comment now and then keeps proxies awake."""
        gone = asyncio.ensure_future(self.disconnected())
        try:
            while not self.ended.is_set() and not gone.done():
                await asyncio.wait([gone], timeout=KEEP_ALIVE)
                if not gone.done():
                    await self.put(b": keep-alive\n\n")
        finally:
            gone.cancel()

    async def disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def end(self) -> None:
        self.ended.set()
        await self.send({"type": "http.response.body", "body": b""})

    async def tell(self, kind: str, cursor: int) -> None:
        frame = {"type": kind, "id": str(cursor), "data": {"cursor": str(cursor)}}
        await self.write(to_json(frame).decode(), cursor)

    async def write(self, frame: str, position: int) -> None:
        kind = orjson.loads(frame)["type"]
        await self.put(f"id: {position}\nevent: {kind}\ndata: {frame}\n\n".encode())

    async def put(self, chunk: bytes) -> None:
        await self.send({"type": "http.response.body", "body": chunk, "more_body": True})
