"""One follower of the event log a process, and its deliveries to the sockets that it holds.

The log's positions have no gaps, so the hub knows when a message over Redis was lost, doubled or came early, and then
reads the log itself. Sockets therefore miss nothing and get nothing twice, whatever Redis does.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError
from redis.exceptions import RedisError

from config.shared.events import log
from config.shared.events.log import Placed
from config.shared.events.relay import GROUP

logger = structlog.get_logger(__name__)
POLL = 1.0  # seconds of silence after which the hub asks the log whether it missed something
NEVER_AGAIN = 2**63  # beyond every position
QUEUE = 500  # frames that a slow reader may lag behind before it is closed


class Subscription:
    """A client's wish for some streams' events to some audiences, and the queue of those that wait for it.

    `send` puts one event on the wire; `too_slow` is called once when the reader lags behind too far.
    """

    def __init__(
        self,
        *,
        streams: Iterable[str],
        audiences: Iterable[str],
        send: Callable[[str, int], Awaitable[None]],
        too_slow: Callable[[], Awaitable[None]],
    ) -> None:
        self.keys = [(stream, audience) for stream in streams for audience in audiences]
        self.send, self.too_slow = send, too_slow
        self.waiting: deque[tuple[str, int]] = deque()
        self.last = 0
        self.is_held = False
        self.writer: asyncio.Task[None] | None = None

    def offer(self, position: int, frame: str) -> None:
        """Queues a frame once, though several of its audiences may match."""
        if position <= self.last:
            return
        self.last = position
        self.waiting.append((frame, position))
        if len(self.waiting) > QUEUE and not self.is_held:
            self.waiting.clear()
            self.last = NEVER_AGAIN
            self.start(self.too_slow())
        elif not self.is_held and self.writer is None:
            self.start(self.write())

    def start(self, work: Any) -> None:
        self.writer = asyncio.ensure_future(work)

    def release(self) -> None:
        """Lets go what was held back while the socket replayed the past."""
        self.is_held = False
        if self.waiting and self.writer is None:
            self.start(self.write())

    async def write(self) -> None:
        try:
            while self.waiting:
                await self.send(*self.waiting.popleft())
        finally:
            self.writer = None


class Hub:
    def __init__(self) -> None:
        self.cursor = 0
        self.subscribers: dict[tuple[str, str], set[Subscription]] = defaultdict(set)
        self.follower: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self.is_stopping = False

    async def subscribe(self, subscription: Subscription) -> int:
        """From now on, delivers to it; returns the cursor that it starts from."""
        if self.follower is None or self.follower.done():
            self.ready.clear()
            self.is_stopping = False
            self.follower = asyncio.ensure_future(self.follow())
        await self.ready.wait()
        for key in subscription.keys:
            self.subscribers[key].add(subscription)
        subscription.last = self.cursor
        return self.cursor

    def unsubscribe(self, subscription: Subscription) -> None:
        for key in subscription.keys:
            self.subscribers[key].discard(subscription)
            if not self.subscribers[key]:
                del self.subscribers[key]

    async def stop(self) -> None:
        """Ends the follower. The flag is needed: a cancellation that meets a database call may be swallowed there."""
        self.is_stopping = True
        if self.follower is not None:
            self.follower.cancel()
            await asyncio.gather(self.follower, return_exceptions=True)

    async def follow(self) -> None:
        """Follows the log for as long as the process lives; an outage of either store is waited out."""
        self.cursor = await database_sync_to_async(log.head)()
        self.ready.set()
        while not self.is_stopping:
            try:
                await self.listen()
            except (OSError, RedisError, DatabaseError) as problem:
                logger.warning("hub_interrupted", problem=type(problem).__name__)
                await asyncio.sleep(POLL)

    async def listen(self) -> None:
        """One `receive` at a time, waited for again and again: cancelling it would drop the channel."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        await self.catch_up()
        receiving = asyncio.ensure_future(layer.receive(channel))
        try:
            while not self.is_stopping:
                done, _ = await asyncio.wait({receiving}, timeout=POLL)
                if done:
                    message, receiving = receiving.result(), asyncio.ensure_future(layer.receive(channel))
                    await self.take(message)
                else:
                    await self.catch_up()
        finally:
            receiving.cancel()

    async def take(self, message: dict[str, Any]) -> None:
        if message["after"] == self.cursor:
            self.deliver(
                [Placed(*row[:4], datetime.fromisoformat(row[4]), row[5]) for row in message["events"]]
            )
        elif message["last"] > self.cursor:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Reads from the log what no message told."""
        while missed := await database_sync_to_async(log.between)(self.cursor):
            self.deliver(missed)

    def deliver(self, events: list[Placed]) -> None:
        for event in events:
            self.cursor = event.position
            interested = [self.subscribers.get((event.stream, audience), ()) for audience in event.audiences]
            if any(interested):
                frame = event.encoded()
                for subscription in set().union(*interested):
                    subscription.offer(event.position, frame)


HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one a process, but tests run many loops."""
    return HUBS.setdefault(asyncio.get_running_loop(), Hub())
