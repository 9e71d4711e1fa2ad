"""A websocket client inside the process, for consumers; Channels' own needs a server that Souk does not use."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.db import connections

from config.shared.realtime.hub import hub

TIMEOUT = 5  # seconds


class Socket:
    def __init__(self, application: Any, path: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        route, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": unquote(route),
            "query_string": query.encode(),
            "headers": list(headers),
            "subprotocols": [],
        }
        self.client = ApplicationCommunicator(application, scope)

    async def connect(self) -> bool:
        """Whether the handshake was accepted."""
        await self.client.send_input({"type": "websocket.connect"})
        return (await self.client.receive_output(TIMEOUT))["type"] == "websocket.accept"

    async def send(self, message: Any) -> None:
        await self.client.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def frames(self, count: int) -> list[dict[str, Any]]:
        """The next frames, each decoded."""
        outputs = [await self.client.receive_output(TIMEOUT) for _ in range(count)]
        return [json.loads(output["text"]) for output in outputs]

    async def close_code(self) -> int:
        output = await self.client.receive_output(TIMEOUT)
        assert output["type"] == "websocket.close", output
        return output["code"]

    async def is_silent(self) -> bool:
        return await self.client.receive_nothing()

    async def leave(self) -> None:
        await self.client.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.client.wait(TIMEOUT)


@asynccontextmanager
async def connected(
    application: Any, path: str, *, bearer: str = "", ticket: str = "", origin: str = ""
) -> AsyncIterator[Socket]:
    """An accepted socket; the process's follower of the log ends with it, as its test's database does."""
    headers = [(b"authorization", f"Bearer {bearer}".encode())] if bearer else []
    headers += [(b"origin", origin.encode())] if origin else []
    socket = Socket(application, f"{path}?ticket={ticket}" if ticket else path, headers)
    assert await socket.connect()
    try:
        yield socket
    finally:
        await socket.leave()
        await stop_hub()


async def stop_hub() -> None:
    await hub().stop()
    await get_channel_layer().flush()
    await sync_to_async(connections.close_all)()
