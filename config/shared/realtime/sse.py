"""Server-Sent Events: `GET /api/v1/events` with `Accept: text/event-stream`, on the websocket port.

The log, scope and cursor are those of the websockets; `EventSource` sends `Last-Event-ID` when it reconnects.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from rest_framework.exceptions import ValidationError

from config.shared.actor import GUEST, Actor
from config.shared.encoding import to_json
from config.shared.errors import (
    MEDIA_TYPE,
    Forbidden,
    Problem,
    Unauthenticated,
    Unavailable,
    document,
    translate,
)
from config.shared.events import log
from config.shared.events.control import controls_of
from config.shared.events.declared import all_streams
from config.shared.events.views import audiences_of
from config.shared.realtime.endings import FORBIDDEN, TOO_MANY, UNAUTHENTICATED, Refused, expired
from config.shared.realtime.frames import Frame, of_connection, of_event
from config.shared.realtime.hub import hub
from config.shared.realtime.origins import is_allowed
from config.shared.realtime.seats import Seats, seats
from config.shared.realtime.subscription import Subscription
from config.shared.realtime.wire import LINGER, wire_of
from config.shared.requests import request_id_from

PATH = "/api/v1/events"
KEEP_ALIVE = 15.0  # seconds between comments that keep proxies from closing the stream


def refusal_of(exc: Exception) -> Problem:
    """The HTTP problem for any failure before the stream began."""
    if isinstance(exc, Refused):
        return problem_of(exc)
    refusal = translate(exc)
    if isinstance(refusal, ValidationError):
        return Problem("A query parameter is not valid.", code="invalid_parameter")
    return refusal if isinstance(refusal, Problem) else Unavailable("The event log")


def problem_of(ending: Refused) -> Problem:
    """The HTTP problem for a reason that would close a socket."""
    refusal = Problem(ending.detail, code=ending.code)
    refusal.status_code = {TOO_MANY: 429, UNAUTHENTICATED: 401, FORBIDDEN: 403}.get(ending.close_code, 503)
    refusal.retry_after = -(-ending.members.get("retry_after_ms", 0) // 1000) or None
    return refusal


class EventStream:
    """ASGI: answers `text/event-stream` requests for the log and passes all others on."""

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
        self.scope, self.headers, self.receive, self.send = scope, headers, receive, send
        self.query = parse_qs(scope["query_string"].decode("latin-1"))
        self.request_id = request_id_from(headers.get("x-request-id"))
        self.ended = asyncio.Event()

    async def run(self) -> None:
        with seats() as taken:
            try:
                subscription, audiences, actor = await self.admitted(taken)
                start = await self.subscribe(subscription)
            except Exception as exc:
                await self.refuse(refusal_of(exc))
                return
            try:
                await self.stream(subscription, audiences, start=start, until=actor.expires_at)
            finally:
                hub().unsubscribe(subscription)

    async def admitted(self, taken: Seats) -> tuple[Subscription, list[str], Actor]:
        taken.take_of_address(self.scope, self.headers)
        self.mark = await hub().mark()
        actor = await self.authenticate()
        taken.take_of_user(actor)
        audiences = await database_sync_to_async(audiences_of)(actor, self.query.get("product", []))
        cursor = self.headers.get("last-event-id") or self.query.get("after", [""])[0]
        self.after = log.parse_cursor(cursor) if cursor else None
        subscription = Subscription(
            streams=all_streams(),
            audiences=audiences,
            controls=controls_of(actor),
            send=self.write,
            ended=self.end,
        )
        return subscription, audiences, actor

    async def subscribe(self, subscription: Subscription) -> int:
        subscription.is_held = True
        try:
            return await hub().subscribe(subscription, mark=self.mark, after=self.after)
        except BaseException:
            hub().unsubscribe(subscription)
            raise

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
        await self.start(refusal.status_code, MEDIA_TYPE, retry_after=refusal.retry_after)
        await self.send({"type": "http.response.body", "body": document(refusal, self.request_id)})

    async def stream(
        self,
        subscription: Subscription,
        audiences: list[str],
        *,
        start: int,
        until: datetime | None,
    ) -> None:
        """Replays, sends `ready`, then stays live until the client leaves or its token expires."""
        await self.start(200, "text/event-stream; charset=utf-8")
        await self.replay(audiences, self.after, start)
        await self.tell("ready", start)
        subscription.release()
        await self.wait(subscription, until)

    async def start(self, status: int, media_type: str, *, retry_after: int | None = None) -> None:
        headers = {"content-type": media_type, "cache-control": "no-store", "x-request-id": self.request_id}
        headers |= {"retry-after": str(retry_after)} if retry_after else {}
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
            await self.write(of_event(event))

    async def wait(self, subscription: Subscription, until: datetime | None) -> None:
        """Waits until the client leaves, is too slow or loses access; comments keep proxies from closing the stream."""
        gone, ended = asyncio.ensure_future(self.disconnected()), asyncio.ensure_future(self.ended.wait())
        try:
            while not (ended.done() or gone.done()):
                left = (until - timezone.now()).total_seconds() if until else KEEP_ALIVE
                await asyncio.wait(
                    [gone, ended],
                    timeout=max(0, min(left, KEEP_ALIVE)),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if until is not None and timezone.now() >= until:
                    subscription.finish(expired())
                    await ended
                elif not (ended.done() or gone.done()):
                    await self.put(b": keep-alive\n\n")
        finally:
            gone.cancel()
            ended.cancel()

    async def disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def end(self, reason: Refused) -> None:
        """Sends `closed`, because EventSource itself uses `error`; `retry` is its delay before it reconnects."""
        retry = f"retry: {reason.members['retry_after_ms']}\n" if "retry_after_ms" in reason.members else ""
        body = f"event: closed\n{retry}data: {to_json(reason.frame).decode()}\n\n".encode()
        try:
            if wire := wire_of(self.scope):
                wire.let_go()
            async with asyncio.timeout(LINGER):
                await self.send({"type": "http.response.body", "body": body})
        finally:
            self.ended.set()

    async def tell(self, kind: str, cursor: int) -> None:
        await self.write(of_connection(kind, cursor, {"cursor": str(cursor)}))

    async def write(self, frame: Frame) -> None:
        await self.put(frame.event)

    async def put(self, chunk: bytes) -> None:
        await self.send({"type": "http.response.body", "body": chunk, "more_body": True})
