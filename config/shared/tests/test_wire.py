"""Real sockets on a real server: readers that do not read, peers that are not there, and frames that are encoded once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
import uvicorn
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from config.shared.events import relay
from config.shared.events.log import Placed
from config.shared.realtime import subscription as subscription_module
from config.shared.realtime import wire
from config.shared.realtime.hub import hub
from config.shared.realtime.seats import TAKEN
from config.shared.realtime.sse import EventStream
from config.shared.tests.test_realtime import Consumer, change
from config.tests.sockets import stop_hub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.anyio]
LARGE = "x" * 60_000
HEADERS = {"Authorization": "Bearer 1"}
REQUEST = "GET {path} HTTP/1.1\r\nHost: souk\r\nAuthorization: Bearer 1\r\n{more}\r\n"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def application(scope, receive, send):
    served = Consumer.as_asgi() if scope["type"] == "websocket" else EventStream(None)
    await served(scope, receive, send)


@pytest.fixture(autouse=True)
def authenticator(settings):
    settings.SOCKET_AUTHENTICATOR = "config.shared.tests.test_realtime.find_actor"


@asynccontextmanager
async def serving(**options) -> AsyncIterator[uvicorn.Server]:
    """The server of the Procfile on a port of its own."""
    config = uvicorn.Config(
        application,
        port=0,
        ws=wire.SocketWire,
        http=wire.HttpWire,
        lifespan="off",
        log_config=None,
        **options,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server
    finally:
        await server.shutdown()
        await stop_hub()
        assert TAKEN == {}


def port_of(server):
    return server.servers[0].sockets[0].getsockname()[1]


def address(server):
    return f"ws://127.0.0.1:{port_of(server)}/ws/test"


async def flood() -> None:
    """Large frames until the one who does not read is let go; what waits for it here stays bounded."""
    [subscription] = hub().everyone
    for position in count(1_000_000):
        if not hub().everyone:
            return
        event = Placed(position, "test.changed", "test", ["user:1"], timezone.now(), {"number": LARGE})
        hub().hand_out(event)
        assert len(subscription.waiting) <= subscription_module.QUEUE
        await asyncio.sleep(0)


async def test_everyone_gets_the_very_same_bytes_and_a_slow_one_all_in_order():
    wish = {"additional_headers": HEADERS}
    async with (
        serving() as server,
        connect(address(server), **wish) as first,
        connect(address(server), **wish, compression=None, max_queue=1) as second,
    ):
        for socket in (first, second):
            assert json.loads(await socket.recv())["type"] == "ready"
        await change(*range(200))
        await relay.drain()
        told = [[await socket.recv() for _ in range(200)] for socket in (first, second)]
        assert told[0] == told[1]
        assert [json.loads(text)["data"]["number"] for text in told[0]] == list(range(200))


async def test_who_reads_too_late_is_told_so(monkeypatch):
    monkeypatch.setattr(subscription_module, "QUEUE", 5)
    async with (
        serving() as server,
        connect(address(server), additional_headers=HEADERS, max_queue=1) as socket,
    ):
        await socket.recv()
        await flood()
        texts = []
        with pytest.raises(ConnectionClosed) as end:
            while True:
                texts.append(await socket.recv())
        assert end.value.rcvd.code == 4408
        assert json.loads(texts[-1])["data"]["code"] == "too_slow"


@pytest.mark.parametrize(
    ("path", "more"), [("/ws/test", UPGRADE), ("/api/v1/events", "Accept: text/event-stream\r\n")]
)
async def test_who_never_reads_is_cut_off(monkeypatch, path, more):
    monkeypatch.setattr(subscription_module, "QUEUE", 5)
    monkeypatch.setattr(wire, "LINGER", 0.05)
    monkeypatch.setattr("config.shared.realtime.sse.LINGER", 0.05)
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server), limit=1024)
        writer.write(REQUEST.format(path=path, more=more).encode())
        await reader.readuntil(b"cursor")
        await flood()
        async with asyncio.timeout(20):
            while server.server_state.connections:
                await asyncio.sleep(0)
        writer.close()


async def test_who_does_not_answer_pings_is_closed():
    async with serving(ws_ping_interval=0.05, ws_ping_timeout=0.05) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
        writer.write(REQUEST.format(path="/ws/test", more=UPGRADE).encode())
        heard = await asyncio.wait_for(reader.read(-1), 10)
        assert (1011).to_bytes(2, "big") + b"keepalive ping timeout" in heard
        writer.close()
