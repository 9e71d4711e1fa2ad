"""The base of every websocket: who may connect, resume from a cursor, live frames, and clear ends.

A subclass says which `stream` it carries and to which audiences an actor listens:

    class OrderConsumer(EventConsumer):
        stream = "orders"
"""

import asyncio
from typing import ClassVar
from urllib.parse import parse_qs

import structlog
from channels.db import database_sync_to_async
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
from config.shared.realtime.hub import hub
from config.shared.realtime.origins import is_allowed
from config.shared.realtime.subscription import CoalescingSubscription, Subscription

logger = structlog.get_logger(__name__)
UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST, TOO_SLOW, TRY_LATER = 4401, 4403, 4400, 4408, 1013
MAX_PAUSE = 60_000  # milliseconds that a client may have changes gathered


class Refused(Exception):
    """Ends a connection with a close code, after an `error` frame that says why."""

    def __init__(self, close_code: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.close_code, self.code, self.detail = close_code, code, detail


class EventConsumer(AsyncWebsocketConsumer):
    """Frames are `{"type", "id", "at", "data"}`; `ready` and `resync` carry the current cursor as their `id`."""

    stream: ClassVar[str]
    is_public: ClassVar[bool] = False
    parameters: ClassVar[tuple[str, ...]] = ()  # of the query, besides those that every socket takes
    channel_layer_alias = "none"  # the hub listens once for all sockets; a channel for each would cost memory

    subscription: Subscription | None = None
    expiry: asyncio.TimerHandle | None = None

    async def audiences(self, actor: Actor, query: dict[str, list[str]]) -> set[str]:
        """Whom `actor` may listen as. Raises Refused."""
        return set(actor.audiences)

    async def connect(self) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in self.scope["headers"]}
        if not is_allowed(headers.get("origin")):
            await self.close()  # before accept: the handshake answers 403
            return
        await self.accept()
        try:
            query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
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
        actor = await self.authenticate(headers, query)
        await self.begin(await self.audiences(actor, query), query)
        self.close_at(actor)

    async def authenticate(self, headers: dict[str, str], query: dict[str, list[str]]) -> Actor:
        find = import_string(settings.SOCKET_AUTHENTICATOR)
        ticket, bearer = query.get("ticket", [""])[0], headers.get("authorization", "")
        actor = (
            await database_sync_to_async(find)(ticket=ticket, authorization=bearer)
            if ticket or bearer
            else GUEST
        )
        if actor is None or (actor.is_guest and not self.is_public):
            raise Refused(UNAUTHENTICATED, "not_authenticated", "A valid ticket or bearer token is needed.")
        return actor

    async def begin(self, audiences: set[str], query: dict[str, list[str]]) -> None:
        """Subscribes first and holds live frames back, then replays up to there: no gap, no double."""
        after = log.parse_cursor(query["after"][0]) if "after" in query else None
        subscription = self.subscription = self.subscribed(audiences, query)
        subscription.is_held = True
        cursor = await hub().subscribe(subscription, after=after)
        if after is not None:
            await self.replay(audiences, after, cursor)
        await self.tell("ready", cursor)
        subscription.release()

    def subscribed(self, audiences: set[str], query: dict[str, list[str]]) -> Subscription:
        wish = {
            "streams": [self.stream],
            "audiences": audiences,
            "send": self.send_frame,
            "too_slow": self.too_slow,
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
            await self.send_frame(event.encoded())

    def close_at(self, actor: Actor) -> None:
        """The token's expiry ends the socket, too."""
        if actor.expires_at is not None:
            seconds = max(0, (actor.expires_at - timezone.now()).total_seconds())
            self.expiry = asyncio.get_running_loop().call_later(seconds, self.expire)

    def expire(self) -> None:
        refusal = Refused(UNAUTHENTICATED, "token_expired", "The token has expired: connect with a new one.")
        self.ending = asyncio.ensure_future(self.refuse(refusal))

    async def too_slow(self) -> None:
        await self.refuse(
            Refused(TOO_SLOW, "too_slow", "Frames were not read in time: resume from your cursor.")
        )

    async def refuse(self, refusal: Refused) -> None:
        self.forget()
        error = {"type": "error", "data": {"code": refusal.code, "detail": refusal.detail}}
        await self.send_frame(to_json(error).decode())
        await self.close(code=refusal.close_code)

    async def tell(self, kind: str, cursor: int) -> None:
        frame = {"type": kind, "id": str(cursor), "at": timezone.now(), "data": {"cursor": str(cursor)}}
        await self.send_frame(to_json(frame).decode())

    async def send_frame(self, frame: str, position: int = 0) -> None:
        await self.send(text_data=frame)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The sockets only tell; what a client says is answered with an `error` frame and changes nothing."""
        error = {
            "type": "error",
            "data": {"code": "unexpected_message", "detail": "This socket takes no messages."},
        }
        await self.send_frame(to_json(error).decode())

    async def disconnect(self, code: int) -> None:
        self.forget()

    def forget(self) -> None:
        if self.expiry is not None:
            self.expiry.cancel()
        if self.subscription is not None:
            hub().unsubscribe(self.subscription)
            self.subscription = None


def refusal_of(exc: Exception) -> Refused:
    """How a failure is told; what is not ours to explain is logged and told as "try again"."""
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
    """Any other path: Channels itself would answer with a 500."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=4404)
