"""One follower of the event log a process, and its deliveries to the sockets that it holds.

The log's positions have no gaps, so the hub knows when a message over Redis was lost, doubled or came early, and then
reads the log itself. Sockets therefore miss nothing and get nothing twice, whatever Redis does.
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
PATIENCE = 5.0  # seconds that a client waits for a log that cannot be read
BREATH = 2000  # frames handed out at a stretch
REMEMBERED = 10_000  # ends that a client on its way in may have missed
FAREWELL = 2.0  # seconds that the clients' ends may take together when the process stops


class Hub:
    def __init__(self) -> None:
        self.cursor = 0
        self.subscribers: dict[tuple[str, str], set[Subscription]] = defaultdict(set)
        self.everyone: set[Subscription] = set()
        self.ended: dict[tuple[str, str], int] = {}  # what was told the last of lately, and where in the log
        self.follower: asyncio.Task[None] | None = None
        self.reading: asyncio.Task[None] | None = None
        self.turn = asyncio.Lock()
        self.ready = asyncio.Event()
        self.is_stopping = self.is_leaving = False

    async def mark(self) -> int:
        """Where the log is now. Taken before a client is authenticated and given to `subscribe`, so that an access that
        ends between the two is noticed. Raises Unavailable while the log cannot be read, Refused before a restart.
        """
        if self.is_leaving:
            raise restart()
        if self.follower is None or self.follower.done():
            self.is_stopping = False
            self.follower = asyncio.ensure_future(self.follow())
        await self.until_ready()
        return self.cursor

    async def subscribe(self, subscription: Subscription, *, mark: int, after: int | None = None) -> int:
        """From now on, delivers to it; returns the cursor that it starts from.

        For one that comes back (`after`) the hub catches up first: all that was missed is then replayed before `ready`,
        and a cursor from another process is not ahead of this one. Raises Refused when its access ended since `mark`.
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
        """Raises Refused where the last was told after `mark`, when it was asked whether the client may listen."""
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
        except TimeoutError:  # an OSError, which a client that left is, too
            raise Unavailable("The event log") from None

    def unsubscribe(self, subscription: Subscription) -> None:
        self.narrow(subscription, set(subscription.keys))
        self.everyone.discard(subscription)
        subscription.end()

    async def leave(self) -> None:
        """Before the process stops: each client is told when to come back, and none is admitted any more."""
        self.is_leaving = True
        leaving = list(self.everyone)
        for subscription in leaving:
            subscription.finish(restart())
        farewells = [one.farewell for one in leaving if one.farewell is not None]
        if farewells:
            await asyncio.wait(farewells, timeout=FAREWELL)

    async def stop(self) -> None:
        """Ends the follower. The flag is needed: a cancellation that meets a database call may be swallowed there."""
        self.is_stopping = True
        if self.follower is not None:
            self.follower.cancel()
            await asyncio.gather(self.follower, return_exceptions=True)
        if self.reading is not None:
            await asyncio.gather(self.reading, return_exceptions=True)

    async def follow(self) -> None:
        """Follows the log for as long as the process lives. Whatever goes wrong is waited out, and then caught up
        with: the cursor only ever moves forward, so those who wait miss nothing."""
        while not self.is_stopping:
            try:
                await self.begin()
                await self.listen()
            except Exception as problem:  # a follower that ends would leave every socket silent
                logger.warning("hub_interrupted", problem=type(problem).__name__)
                await asyncio.sleep(POLL)

    async def begin(self) -> None:
        """At the first time the end of the log; after an interruption what was missed meanwhile."""
        if self.ready.is_set():
            await self.catch_up()
        else:
            self.cursor = await database_sync_to_async(log.head)()
            self.ready.set()

    async def listen(self) -> None:
        """One `receive` at a time, waited for again and again: cancelling it would drop the channel."""
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
            with contextlib.suppress(Exception):  # Redis may be the reason for leaving
                await layer.group_discard(GROUP, channel)

    async def take(self, message: dict[str, Any]) -> None:
        if message["after"] == self.cursor:
            await self.deliver(
                [Placed(*row[:4], datetime.fromisoformat(row[4]), row[5]) for row in message["events"]]
            )
        elif message["last"] > self.cursor:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Up to whatever was placed before the call. Those that ask at once, as all clients do after a restart, share one
        reading: the next that begins."""
        if self.reading is None:
            self.reading = asyncio.ensure_future(self.read())
        await asyncio.shield(self.reading)

    async def read(self) -> None:
        """Reads from the log what no message told."""
        async with self.turn:
            self.reading = None  # who comes from now on needs a later one
            while missed := await database_sync_to_async(log.between)(self.cursor):
                await self.deliver(missed)

    async def deliver(self, events: list[Placed]) -> None:
        """Each event whole, and between two of them a moment for others. Two may deliver at once, after a catching up: the
        cursor tells what was delivered already."""
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
        """To how many."""
        interested = [self.subscribers.get((event.stream, audience), ()) for audience in event.audiences]
        if not any(interested):
            return 0
        frame, subscriptions = of_event(event), set().union(*interested)
        for subscription in subscriptions:
            subscription.offer(event, frame)
        return len(subscriptions)

    def end(self, event: Placed) -> None:
        """Its audiences are told no more: who may still listen asks again."""
        keys = {(event.stream, audience) for audience in event.audiences}
        for subscription in set().union(*(self.subscribers.get(key, ()) for key in keys)):
            self.narrow(subscription, keys)
        self.ended |= dict.fromkeys(keys, event.position)
        while len(self.ended) > REMEMBERED:
            del self.ended[next(iter(self.ended))]


HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one a process, but tests run many loops."""
    return HUBS.setdefault(asyncio.get_running_loop(), Hub())
