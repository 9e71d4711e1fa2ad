"""Websocket clients that come back with their cursor whenever they are cut off, and keep the id of every frame."""

import asyncio
import json
import random
import threading
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

GONE = (WebSocketException, OSError, TimeoutError, EOFError)


@dataclass
class Watcher:
    """`path` is what it follows, `audience` and `stream` what the log calls that."""

    path: str
    audience: str
    stream: str
    headers: dict[str, str] = field(default_factory=dict)
    cursor: str = ""
    ids: list[int] = field(default_factory=list)
    reconnects: int = 0
    resyncs: int = 0

    async def run(self, nodes: list[str]) -> None:
        while True:
            try:
                await self.follow(random.choice(nodes).replace("http", "ws", 1))
            except GONE:
                self.reconnects += 1
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def follow(self, node: str) -> None:
        glue = "&" if "?" in self.path else "?"
        address = f"{node}/ws/v1/{self.path}" + (f"{glue}after={self.cursor}" if self.cursor else "")
        async with connect(
            address, additional_headers=self.headers, compression=None, open_timeout=20
        ) as wire:
            async for text in wire:
                self.take(json.loads(text))

    def take(self, frame: dict[str, str]) -> None:
        if frame["type"] not in {"ready", "resync", "error"}:
            self.ids.append(int(frame["id"]))
        self.resyncs += frame["type"] == "resync"
        self.cursor = frame.get("id", self.cursor)


class Watchers(threading.Thread):
    def __init__(self, nodes: list[str], watchers: list[Watcher]) -> None:
        super().__init__(name="watchers", daemon=True)
        self.nodes, self.watchers, self.ended = nodes, watchers, asyncio.Event()

    def run(self) -> None:
        asyncio.run(self.follow_all())

    async def follow_all(self) -> None:
        self.loop = asyncio.get_running_loop()
        tasks = [asyncio.ensure_future(watcher.run(self.nodes)) for watcher in self.watchers]
        await self.ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)
        self.join()
