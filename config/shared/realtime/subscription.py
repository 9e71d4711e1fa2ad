"""What one client subscribes to, and the queue between the hub and its connection."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from config.shared.events.declared import CONTROL
from config.shared.events.log import Placed
from config.shared.realtime.endings import Refused, access_ended, too_slow
from config.shared.realtime.frames import Frame, of_connection

NEVER_AGAIN = 2**63  # beyond every position
QUEUE = 500  # frames that a slow reader may lag behind before it is closed


class Subscription:
    """The streams and audiences that a client subscribes to, and the queue of its frames.

    `push` writes a frame at once if it can; `send` waits until it can. `ended` is called once: when the reader is too
    far behind, its access ends (an event to one of the `controls` audiences) or the process stops.
    """

    def __init__(
        self,
        *,
        streams: Iterable[str],
        audiences: Iterable[str],
        send: Callable[[Frame], Awaitable[None]],
        push: Callable[[Frame], bool] | None = None,
        ended: Callable[[Refused], Awaitable[None]],
        controls: Iterable[str] = (),
    ) -> None:
        self.streams, self.controls = list(streams), list(controls)
        self.keys = {(stream, audience) for stream in self.streams for audience in audiences}
        self.keys |= {(CONTROL, audience) for audience in self.controls}
        self.send, self.push, self.ended = send, push, ended
        self.waiting: deque[Frame] = deque()
        self.last = 0
        self.is_held = False
        self.writer: asyncio.Task[None] | None = None
        self.farewell: asyncio.Task[None] | None = None

    def offer(self, event: Placed, frame: Frame) -> None:
        """Takes a frame once, even if several of the event's audiences match."""
        if event.stream == CONTROL:
            self.finish(access_ended(event))
        elif event.position > self.last:
            self.last = event.position
            self.take(event, frame)

    def take(self, event: Placed, frame: Frame) -> None:
        is_next = self.writer is None and not self.waiting and not self.is_held
        if not (is_next and self.push is not None and self.push(frame)):
            self.queue([frame])

    def queue(self, frames: list[Frame]) -> None:
        """Queues frames within bounded memory: a reader too far behind is disconnected and resumes from its cursor."""
        if len(self.waiting) + len(frames) > QUEUE:
            self.finish(too_slow())
            return
        self.waiting.extend(frames)
        self.wake()

    def tell(self, kind: str, cursor: int, data: dict[str, Any]) -> None:
        """Queues a frame about the connection itself."""
        self.queue([of_connection(kind, cursor, data)])

    def finish(self, reason: Refused) -> None:
        """Sends the reason and nothing more."""
        if self.last != NEVER_AGAIN:
            self.end()
            self.farewell = asyncio.ensure_future(self.part(reason))

    async def part(self, reason: Refused) -> None:
        with contextlib.suppress(Exception):  # a client that has left needs no reason
            await self.ended(reason)

    def end(self) -> None:
        """Drops queued frames and accepts no more."""
        self.waiting.clear()
        self.last = NEVER_AGAIN

    def release(self) -> None:
        """Sends what was held back while the client replayed the past."""
        self.is_held = False
        self.wake()

    def wake(self) -> None:
        if self.waiting and not self.is_held and self.writer is None:
            self.writer = asyncio.ensure_future(self.write())

    async def write(self) -> None:
        try:
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:  # the client left between two frames; the server tells its consumer
            self.end()
        finally:
            self.writer = None


class CoalescingSubscription(Subscription):
    """Of several changes to one thing within `pause` seconds, sends only the last, which is never lost."""

    def __init__(self, *, pause: float, **options: Any) -> None:
        super().__init__(**options)
        self.pause = pause
        self.latest: dict[tuple[Any, ...], Frame] = {}

    def take(self, event: Placed, frame: Frame) -> None:
        if not self.latest:
            asyncio.get_running_loop().call_later(self.pause, self.flush)
        self.latest[thing_of(event)] = frame

    def flush(self) -> None:
        frames = sorted(self.latest.values(), key=lambda frame: frame.position)
        self.latest.clear()
        if self.last != NEVER_AGAIN:
            self.queue(frames)


def thing_of(event: Placed) -> tuple[Any, ...]:
    """The key of what an event is about: a later event with the same key replaces it."""
    return event.type, *(
        event.data.get(name) for name in ("product", "variant", "order", "part", "notification")
    )
