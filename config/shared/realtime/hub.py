"""One follower of the event log per process, which delivers to the process's sockets.

The log's positions have no gaps, so the hub notices when a message over Redis was lost, repeated or out of order, and
then reads the log itself. Sockets therefore miss nothing and get nothing twice, whatever Redis does.
"""

import asyncio
import contextlib
from collections import defaultdict
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from config.shared.errors import Unavailable
from config.shared.events import log
from config.shared.events.declared import CONTROL, is_last
from config.shared.events.log import Placed
from config.shared.events.relay import GROUP
from config.shared.realtime.endings import access_ended, not_there, restart
from config.shared.realtime.frames import of_event
from config.shared.realtime.subscription import Subscription

logger = structlog.get_logger(__name__)
POLL = 1.0  # seconds of silence after which the hub asks the log whether it missed something
PATIENCE = 5.0  # seconds that a client waits while the log cannot be read
BREATH = 2000  # frames delivered before other tasks get a turn
REMEMBERED = 10_000  # ended audiences remembered for clients that are still connecting
FAREWELL = 2.0  # seconds that all farewells together may take when the process stops


class Hub:
    def __init__(self) -> None:
        self.cursor = 0
        self.subscribers: dict[tuple[str, str], set[Subscription]] = defaultdict(set)
        self.everyone: set[Subscription] = set()
        self.ended: dict[
            tuple[str, str], int
        ] = {}  # recently ended audiences, and the position of the event that ended them
        self.follower: asyncio.Task[None] | None = None
        self.reading: asyncio.Task[None] | None = None
        self.turn = asyncio.Lock()
        self.ready = asyncio.Event()
        self.is_stopping = self.is_leaving = False

    async def mark(self) -> int:
        """The current position in the log. Taken before a client is authenticated and passed to `subscribe`, so that an
        access that ends in between is noticed. Raises Unavailable while the log cannot be read, Refused before a
        restart.
        """
        if self.is_leaving:
            raise restart()
        if self.follower is None or self.follower.done():
            self.is_stopping = False
            self.follower = asyncio.ensure_future(self.follow())
        await self.until_ready()
        return self.cursor

    async def subscribe(self, subscription: Subscription, *, mark: int, after: int | None = None) -> int:
        """Starts delivery to the subscription; returns the cursor that it starts from.

        For a returning client (`after`) the hub catches up first: all that it missed is then replayed before `ready`,
        and a cursor from another process is not ahead of this one. Raises Refused if its access ended since `mark`.
        """
        if after is not None:
            await self.catch_up()
        self.check_not_ended(subscription.keys, mark)
        self.everyone.add(subscription)
        self.widen(subscription, subscription.keys)
        start = subscription.last = self.cursor
        if subscription.controls and mark < start:
            await self.check_access(subscription.controls, after=mark, until=start)
        if self.is_leaving:
            raise restart()
        return start

    def widen(self, subscription: Subscription, keys: set[tuple[str, str]]) -> None:
        subscription.keys |= keys
        for key in keys:
            self.subscribers[key].add(subscription)

    def check_not_ended(self, keys: set[tuple[str, str]], mark: int) -> None:
        """Raises Refused if an audience ended after `mark`, that is, after the client's access to it was checked."""
        if any(self.ended.get(key, 0) > mark for key in keys):
            raise not_there()

    def narrow(self, subscription: Subscription, keys: set[tuple[str, str]]) -> None:
        subscription.keys -= keys
        for key in keys & self.subscribers.keys():
            self.subscribers[key].discard(subscription)
            if not self.subscribers[key]:
                del self.subscribers[key]

    async def check_access(self, controls: list[str], *, after: int, until: int) -> None:
        look = database_sync_to_async(log.for_audiences)
        for event in await look(controls, streams=[CONTROL], after=after, until=until, limit=1):
            raise access_ended(event)

    async def until_ready(self) -> None:
        try:
            await asyncio.wait_for(self.ready.wait(), PATIENCE)
        except TimeoutError:  # is an OSError, which callers take for a client that left
            raise Unavailable("The event log") from None

    def unsubscribe(self, subscription: Subscription) -> None:
        self.narrow(subscription, set(subscription.keys))
        self.everyone.discard(subscription)
        subscription.end()

    async def leave(self) -> None:
        """Before the process stops: tells each client when to come back, and admits no more."""
        self.is_leaving = True
        leaving = list(self.everyone)
        for subscription in leaving:
            subscription.finish(restart())
        farewells = [one.farewell for one in leaving if one.farewell is not None]
        if farewells:
            await asyncio.wait(farewells, timeout=FAREWELL)

    async def stop(self) -> None:
        """Ends the follower. The flag is needed because a database call may swallow the cancellation."""
        self.is_stopping = True
        if self.follower is not None:
            self.follower.cancel()
            await asyncio.gather(self.follower, return_exceptions=True)
        if self.reading is not None:
            await asyncio.gather(self.reading, return_exceptions=True)

    async def follow(self) -> None:
        """Follows the log for as long as the process lives. After any failure it pauses and then catches up: the cursor
        only ever moves forward, so subscribers miss nothing."""
        while not self.is_stopping:
            try:
                await self.begin()
                await self.listen()
            except Exception as problem:  # without a follower every socket would be silent
                logger.warning("hub_interrupted", problem=type(problem).__name__)
                await asyncio.sleep(POLL)

    async def begin(self) -> None:
        """The first time, starts at the end of the log; after an interruption, catches up."""
        if self.ready.is_set():
            await self.catch_up()
        else:
            self.cursor = await database_sync_to_async(log.head)()
            self.ready.set()

    async def listen(self) -> None:
        """Keeps a single `receive` pending and waits for it repeatedly: cancelling it would drop the channel."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        receiving = asyncio.ensure_future(layer.receive(channel))
        try:
            await layer.group_add(GROUP, channel)
            await self.catch_up()
            while not self.is_stopping:
                done, _ = await asyncio.wait({receiving}, timeout=POLL)
                if done:
                    message, receiving = receiving.result(), asyncio.ensure_future(layer.receive(channel))
                    await self.take(message)
                else:
                    await self.catch_up()
        finally:
            receiving.cancel()
            with contextlib.suppress(Exception):  # Redis may be why this loop ended
                await layer.group_discard(GROUP, channel)

    async def take(self, message: dict[str, Any]) -> None:
        if message["after"] == self.cursor:
            await self.deliver(
                [Placed(*row[:4], datetime.fromisoformat(row[4]), row[5]) for row in message["events"]]
            )
        elif message["last"] > self.cursor:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Reads up to everything placed before the call. Simultaneous calls, as when all clients return after a
        restart, share one read: the next to begin."""
        if self.reading is None:
            self.reading = asyncio.ensure_future(self.read())
        await asyncio.shield(self.reading)

    async def read(self) -> None:
        """Reads from the log the events that no message brought."""
        async with self.turn:
            self.reading = None  # later callers need a later read
            while missed := await database_sync_to_async(log.between)(self.cursor):
                await self.deliver(missed)

    async def deliver(self, events: list[Placed]) -> None:
        """Delivers each event to all its subscribers, and between events lets other tasks run. Two calls may overlap
        after a catch-up: the cursor shows what has been delivered already."""
        frames = 0
        for event in events:
            if event.position <= self.cursor:
                continue
            self.cursor = event.position
            frames += self.hand_out(event)
            if is_last(event.type):
                self.end(event)
            if frames >= BREATH:
                frames = 0
                await asyncio.sleep(0)

    def hand_out(self, event: Placed) -> int:
        """Offers the event to its subscribers; returns how many there are."""
        interested = [self.subscribers.get((event.stream, audience), ()) for audience in event.audiences]
        if not any(interested):
            return 0
        frame, subscriptions = of_event(event), set().union(*interested)
        for subscription in subscriptions:
            subscription.offer(event, frame)
        return len(subscriptions)

    def end(self, event: Placed) -> None:
        """Ends delivery to the event's audiences; clients that still have access subscribe again."""
        keys = {(event.stream, audience) for audience in event.audiences}
        for subscription in set().union(*(self.subscribers.get(key, ()) for key in keys)):
            self.narrow(subscription, keys)
        self.ended |= dict.fromkeys(keys, event.position)
        while len(self.ended) > REMEMBERED:
            del self.ended[next(iter(self.ended))]


HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one per process, but tests run many loops."""
    return HUBS.setdefault(asyncio.get_running_loop(), Hub())
