"""The base of every websocket: admission, resuming from a cursor, live frames and clear endings.

A subclass names the `stream` it carries and the audiences that an actor may listen to:

    class OrderConsumer(EventConsumer):
        stream = "orders"
"""

import asyncio
import contextlib
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qs

import orjson
import structlog
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from rest_framework.exceptions import ValidationError

from config.shared.actor import GUEST, Actor
from config.shared.api import params
from config.shared.encoding import to_json
from config.shared.errors import Problem, field_errors, translate
from config.shared.events import log
from config.shared.events.control import controls_of
from config.shared.metrics import SOCKETS
from config.shared.realtime.endings import (
    BAD_REQUEST,
    FORBIDDEN,
    NO_SUCH_PATH,
    TRY_LATER,
    UNAUTHENTICATED,
    Refused,
    expired,
    unauthenticated,
)
from config.shared.realtime.frames import Frame, of_connection, of_event
from config.shared.realtime.hub import hub
from config.shared.realtime.origins import is_allowed
from config.shared.realtime.seats import Seats, seats
from config.shared.realtime.subscription import CoalescingSubscription, Subscription
from config.shared.realtime.wire import wire_of

logger = structlog.get_logger(__name__)
MAX_PAUSE = 60_000  # the longest pause, in milliseconds, over which a client may have changes coalesced


class Over(OSError):
    """This side has closed the connection; pending sends stop."""


class EventConsumer(AsyncWebsocketConsumer):
    """Frames are `{"type", "id", "at", "data"}`; `ready` and `resync` carry the current cursor as their `id`."""

    stream: ClassVar[str]
    is_public: ClassVar[bool] = False
    parameters: ClassVar[tuple[str, ...]] = ()  # query parameters, besides those that every socket takes
    channel_layer_alias = "none"  # the hub listens once for all sockets; a channel for each would cost memory

    actor: Actor = GUEST
    subscription: Subscription | None = None
    expiry: asyncio.TimerHandle | None = None
    is_over = False
    seats: Seats
    wire: Any = None  # set when uvicorn runs our protocols

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Cleans up after the connection however it ends, also after a failure."""
        self.wire = wire_of(scope)
        with seats() as self.seats, SOCKETS.labels(type(self).__name__).track_inprogress():
            try:
                await super().__call__(scope, receive, send)
            finally:
                self.forget()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Replaces Channels' dispatch, which runs a task on the single database thread with each message. Here each
        database call cleans up its own connections, so thousands of clients that come or go at once do not queue for
        that thread."""
        handlers = {
            "websocket.connect": self.connect,
            "websocket.receive": partial(self.receive, message.get("text"), message.get("bytes")),
        }
        if message["type"] not in handlers:
            raise StopConsumer
        await handlers[message["type"]]()

    async def audiences(self, actor: Actor, query: dict[str, list[str]]) -> set[str]:
        """The audiences that `actor` may listen to. Raises Refused."""
        return set(actor.audiences)

    async def connect(self) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in self.scope["headers"]}
        if not is_allowed(headers.get("origin")):
            await self.close()  # before accept: the handshake answers 403
            return
        await self.accept()
        try:
            query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            self.seats.take_of_address(self.scope, headers)
            await self.admit(headers, query)
        except Refused as refusal:
            await self.refuse(refusal)
        except OSError:  # the client left meanwhile
            self.forget()
        except Exception as exc:
            await self.refuse(refusal_of(exc))

    async def admit(self, headers: dict[str, str], query: dict[str, list[str]]) -> None:
        if "token" in query or "access_token" in query:
            detail = "A token does not belong in an address: use a ticket."
            raise Refused(UNAUTHENTICATED, "token_in_url", detail)
        if unknown := sorted(set(query) - {"ticket", "after", "coalesce", *self.parameters}):
            raise Refused(BAD_REQUEST, "unknown_parameter", f"Unknown: {', '.join(unknown)}.")
        mark = await hub().mark()
        self.actor = await self.authenticate(headers, query)
        self.seats.take_of_user(self.actor)
        await self.begin(await self.audiences(self.actor, query), query, mark)
        self.close_at(self.actor)

    async def authenticate(self, headers: dict[str, str], query: dict[str, list[str]]) -> Actor:
        find = import_string(settings.SOCKET_AUTHENTICATOR)
        ticket, bearer = query.get("ticket", [""])[0], headers.get("authorization", "")
        actor = (
            await database_sync_to_async(find)(ticket=ticket, authorization=bearer)
            if ticket or bearer
            else GUEST
        )
        if actor is None or (actor.is_guest and not self.is_public):
            raise unauthenticated()
        return actor

    async def begin(self, audiences: set[str], query: dict[str, list[str]], mark: int) -> None:
        """Subscribes first and holds live frames back, then replays up to that point: no gaps and no duplicates."""
        after = log.parse_cursor(query["after"][0]) if "after" in query else None
        subscription = self.subscription = self.subscribed(audiences, query)
        subscription.is_held = True
        cursor = await hub().subscribe(subscription, mark=mark, after=after)
        if after is not None:
            await self.replay(audiences, after, cursor)
        await self.tell("ready", cursor)
        subscription.release()

    def subscribed(self, audiences: set[str], query: dict[str, list[str]]) -> Subscription:
        wish = {
            "streams": [self.stream],
            "audiences": audiences,
            "controls": controls_of(self.actor),
            "send": self.send_frame,
            "push": self.push_frame if self.wire else None,
            "ended": self.refuse,
        }
        if "coalesce" not in query:
            return Subscription(**wish)
        pause = params.integer({"coalesce": query["coalesce"][0]}, "coalesce", 0, least=1, most=MAX_PAUSE)
        return CoalescingSubscription(pause=pause / 1000, **wish)

    async def replay(self, audiences: set[str], after: int, until: int) -> None:
        if not await database_sync_to_async(log.can_resume)(after, until):
            await self.tell("resync", until)
            return
        async for event in log.replay(audiences, streams=[self.stream], after=after, until=until):
            await self.send_frame(of_event(event))

    def close_at(self, actor: Actor) -> None:
        """Ends the socket when the token expires."""
        if actor.expires_at is not None:
            seconds = max(0, (actor.expires_at - timezone.now()).total_seconds())
            self.expiry = asyncio.get_running_loop().call_later(seconds, self.expire)

    def expire(self) -> None:
        if self.subscription is not None:
            self.subscription.finish(expired())

    async def refuse(self, refusal: Refused) -> None:
        self.forget()
        if not self.is_over:
            self.is_over = True
            if self.wire:
                self.wire.let_go()
            await self.send(text_data=to_json(refusal.frame).decode())
            await self.close(code=refusal.close_code)

    async def say(self, frame: dict[str, Any]) -> None:
        await self.put(to_json(frame).decode())

    async def tell(self, kind: str, cursor: int) -> None:
        await self.send_frame(of_connection(kind, cursor, {"cursor": str(cursor)}))

    async def send_frame(self, frame: Frame) -> None:
        await self.put(frame.text)

    def push_frame(self, frame: Frame) -> bool:
        return self.wire.push(frame.message)

    async def put(self, text: str) -> None:
        if self.is_over:
            raise Over
        await self.send(text_data=text)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answers messages in the order in which they came; malformed ones change nothing."""
        with contextlib.suppress(OSError):  # a client that has left needs no answer
            try:
                message = orjson.loads(text_data or "")
                kind = message.get("type") if isinstance(message, dict) else None
                await self.hear(kind if isinstance(kind, str) else "", message)
            except orjson.JSONDecodeError:
                await self.say(Refused(BAD_REQUEST, "malformed", "A message is a JSON object.").frame)
            except OSError:
                raise
            except Exception as exc:
                await self.say(refusal_of(exc).frame)

    async def hear(self, kind: str, message: Any) -> None:
        """Handles a message of the client's. Raises Refused, which is sent to the client without closing the socket."""
        raise Refused(BAD_REQUEST, "unexpected_message", "This socket takes no such message.")

    def forget(self) -> None:
        if self.expiry is not None:
            self.expiry.cancel()
        if self.subscription is not None:
            hub().unsubscribe(self.subscription)
            self.subscription = None


def refusal_of(exc: Exception) -> Refused:
    """The refusal that describes a failure; an unexpected one is logged and reported as "try again"."""
    if isinstance(exc, Refused):
        return exc
    refusal = translate(exc)
    if isinstance(refusal, ValidationError):
        return Refused(
            BAD_REQUEST, "invalid_parameter", "; ".join(e["detail"] for e in field_errors(refusal.detail))
        )
    if isinstance(refusal, Problem) and refusal.status_code < 500:
        close_code = FORBIDDEN if refusal.status_code == 403 else BAD_REQUEST
        return Refused(close_code, refusal.code, str(refusal.detail))
    logger.warning("socket_refused", problem=type(exc).__name__)
    return Refused(TRY_LATER, "unavailable", "A service behind this one cannot be reached: try again.")


class UnknownPathConsumer(AsyncWebsocketConsumer):
    """Handles any other path: Channels itself would answer with a 500."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=NO_SUCH_PATH)
