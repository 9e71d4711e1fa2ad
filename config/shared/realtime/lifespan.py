"""The start and end of the websocket process.

A stopping server closes sockets in its own way (1012, and streams without a word). So the signal is caught first: every
client gets 4001 and a time to come back, and then the server's own handler runs.
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
    """Wraps the server's signal handlers; does nothing if the server has none or this is not the main thread."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        served = signal.getsignal(number)
        if callable(served) and served is not signal.default_int_handler:
            try:
                signal.signal(number, farewell(loop, served))
            except ValueError:
                return


def farewell(loop: asyncio.AbstractEventLoop, served: Callable[..., Any]) -> Callable[..., Any]:
    """A handler that says goodbye to the clients and then calls `served`; a second signal calls `served` at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if HUBS.setdefault(loop, Hub()).is_leaving:
            served(number, frame)
        else:
            loop.call_soon_threadsafe(begin, number)

    def begin(number: int) -> None:
        task = asyncio.ensure_future(hub().leave())
        task.add_done_callback(lambda _: served(number, None))

    return handle
