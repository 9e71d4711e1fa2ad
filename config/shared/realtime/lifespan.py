"""The websocket process's beginning and end.

A server that is told to stop closes sockets its own way (1012, or not at all for a stream). So the signal is caught
first: every client gets 4001 and a moment to come back at, and then the server goes on as it would have.
"""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from config.shared.realtime.hub import HUBS, Hub, hub

SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while True:
        kind = (await receive())["type"]
        if kind == "lifespan.startup":
            take_signals()
        else:
            await hub().stop()
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def take_signals() -> None:
    """Comes before the server's own handlers; where it has none, or in a thread, there is nothing to come before."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        served = signal.getsignal(number)
        if callable(served) and served is not signal.default_int_handler:
            try:
                signal.signal(number, farewell(loop, served))
            except ValueError:
                return


def farewell(loop: asyncio.AbstractEventLoop, served: Callable[..., Any]) -> Callable[..., Any]:
    """A handler that lets the clients go and then hands on; a second signal is handed on at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if HUBS.setdefault(loop, Hub()).is_leaving:
            served(number, frame)
        else:
            loop.call_soon_threadsafe(begin, number)

    def begin(number: int) -> None:
        task = asyncio.ensure_future(hub().leave())
        task.add_done_callback(lambda _: served(number, None))

    return handle
