import asyncio
import signal
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.utils import timezone

from config.shared.actor import Actor
from config.shared.events import log, relay
from config.shared.events.declared import Event
from config.shared.events.log import Placed
from config.shared.models import EventRecord
from config.shared.realtime import hub as hub_module
from config.shared.realtime import subscription as subscription_module
from config.shared.realtime import tickets
from config.shared.realtime.consumer import EventConsumer, UnknownPathConsumer
from config.shared.realtime.frames import of_event
from config.shared.realtime.hub import Hub, hub
from config.shared.realtime.lifespan import lifespan
from config.shared.realtime.seats import TAKEN
from config.shared.realtime.subscription import Subscription
from config.tests.sockets import Socket, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.anyio]


@dataclass(frozen=True, kw_only=True)
class Changed(Event, type="test.changed", stream="test"):
    number: int


class Someone:
    pk = 1


def find_actor(*, ticket, authorization):
    """Stands for the accounts app's: the bearer `Bearer <user id>[ <seconds to live>]` or a ticket."""
    if ticket:
        claim = tickets.redeem(ticket)
        return Actor(user=Someone) if claim == {"user": 1} else None
    if not authorization.startswith("Bearer 1"):
        return None
    lifetime = authorization.removeprefix("Bearer 1").strip()
    expires = timezone.now() + timedelta(seconds=float(lifetime)) if lifetime else None
    return Actor(user=Someone, expires_at=expires)


class Consumer(EventConsumer):
    stream = "test"


@pytest.fixture(autouse=True)
def authenticator(settings):
    settings.SOCKET_AUTHENTICATOR = f"{__name__}.find_actor"


def open_socket(path="/ws/test", **who):
    return connected(Consumer.as_asgi(), path, **(who or {"bearer": "1"}))


def placed(position):
    return Placed(position, "test.changed", "test", ["all"], timezone.now(), {"number": position})


@database_sync_to_async
def change(*numbers, audience="user:1"):
    for number in numbers:
        log.append(Changed(number=number), audiences=[audience])


def told(received):
    return [frame["data"].get("number", frame["type"]) for frame in received]


async def test_a_committed_event_reaches_those_whom_it_concerns():
    async with open_socket() as socket:
        ready = (await socket.frames(1))[0]
        assert (ready["type"], ready["data"]) == ("ready", {"cursor": ready["id"]})
        await change(1)
        await change(2, audience="user:2")
        await change(3)
        await relay.drain()
        received = await socket.frames(2)
        assert told(received) == [1, 3]
        assert [int(frame["id"]) - int(ready["id"]) for frame in received] == [1, 3]
        assert await socket.is_silent()


async def test_after_a_reconnect_what_was_missed_comes_first_and_once():
    await change(1, 2)
    await relay.drain()
    seen = str(await database_sync_to_async(log.head)() - 1)
    async with open_socket(f"/ws/test?after={seen}") as socket:
        assert told(await socket.frames(2)) == [2, "ready"]
        await change(3)
        await relay.drain()
        assert told(await socket.frames(1)) == [3]


async def test_a_cursor_that_the_log_has_forgotten_gets_resync():
    await change(1, 2, 3)
    await relay.drain()
    await EventRecord.objects.filter(data__number__lte=2).adelete()
    async with open_socket("/ws/test?after=0") as socket:
        resync, ready = await socket.frames(2)
        assert (resync["type"], ready["type"], resync["id"]) == ("resync", "ready", ready["id"])


async def test_a_message_that_redis_lost_is_read_from_the_log(monkeypatch):
    monkeypatch.setattr(hub_module, "POLL", 0.05)
    async with open_socket() as socket:
        await socket.frames(1)
        await change(1)
        await database_sync_to_async(relay.place)()  # placed, but the relay died before it could publish
        assert told(await socket.frames(1)) == [1]
        await change(2)
        await relay.drain()
        assert told(await socket.frames(1)) == [2]


@pytest.mark.parametrize(
    ("path", "bearer", "close_code", "code"),
    [
        ("/ws/test", "", 4401, "not_authenticated"),
        ("/ws/test", "2", 4401, "not_authenticated"),
        ("/ws/test?ticket=made-up", "", 4401, "not_authenticated"),
        ("/ws/test?token=eyJ", "", 4401, "token_in_url"),
        ("/ws/test?after=x", "1", 4400, "invalid_cursor"),
        ("/ws/test?after=", "1", 4400, "invalid_cursor"),
        ("/ws/test?affter=1", "1", 4400, "unknown_parameter"),
        ("/ws/test?coalesce=0", "1", 4400, "invalid_parameter"),
    ],
)
async def test_who_may_not_connect_is_told_why(path, bearer, close_code, code):
    async with open_socket(path, bearer=bearer) as socket:
        assert (await socket.frames(1))[0]["data"]["code"] == code
        assert await socket.close_code() == close_code


async def test_a_ticket_opens_once():
    ticket = await database_sync_to_async(tickets.issue)({"user": 1})
    async with open_socket(ticket=ticket) as socket:
        assert told(await socket.frames(1)) == ["ready"]
    async with open_socket(ticket=ticket) as socket:
        assert (await socket.frames(1))[0]["type"] == "error"


async def test_a_foreign_origin_is_refused_in_the_handshake():
    headers = [(b"authorization", b"Bearer 1"), (b"origin", b"https://evil.test")]
    assert await Socket(Consumer.as_asgi(), "/ws/test", headers).connect() is False


async def test_an_allowed_origin_may_connect():
    async with open_socket(bearer="1", origin="http://localhost:3000") as socket:
        assert told(await socket.frames(1)) == ["ready"]


async def test_the_end_of_the_token_ends_the_socket():
    async with open_socket(bearer="1 0.05") as socket:
        assert (await socket.frames(2))[1]["data"]["code"] == "token_expired"
        assert await socket.close_code() == 4401


async def test_a_message_from_the_client_is_answered_with_an_error_and_changes_nothing():
    async with open_socket() as socket:
        await socket.send({"type": "order.placed"})
        _, error = await socket.frames(2)
        assert error["data"]["code"] == "unexpected_message"
        await change(1)
        await relay.drain()
        assert told(await socket.frames(1)) == [1]


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", '{"type": 7}', '{"type": null}', "[" * 5000])
async def test_nonsense_is_answered_and_the_socket_stays_open(text):
    async with open_socket() as socket:
        await socket.frames(1)
        await socket.client.send_input({"type": "websocket.receive", "text": text})
        assert (await socket.frames(1))[0]["data"]["code"] in ("malformed", "unexpected_message")
        await socket.client.send_input({"type": "websocket.receive", "bytes": b"\xff"})
        assert (await socket.frames(1))[0]["data"]["code"] == "malformed"
        assert await socket.is_silent()


async def test_one_connection_too_many_of_a_user_is_closed(settings):
    settings.SOCKETS_PER_USER = 2
    async with open_socket() as first, open_socket() as second:
        await first.frames(1)
        await second.frames(1)
        third = Socket(Consumer.as_asgi(), "/ws/test", [(b"authorization", b"Bearer 1")])
        assert await third.connect()
        [error] = await third.frames(1)
        assert error["data"]["code"] == "too_many_connections"
        assert error["data"]["retry_after_ms"] == 30_000
        assert await third.close_code() == 4429
        await third.leave()
    assert TAKEN == {}
    async with open_socket() as again:
        assert told(await again.frames(1)) == ["ready"]


async def test_one_connection_too_many_of_an_address_is_closed_before_anything_is_looked_up(
    settings, monkeypatch
):
    settings.SOCKETS_PER_ADDRESS = 1
    async with open_socket() as first:
        await first.frames(1)
        settings.SOCKET_AUTHENTICATOR = "nothing.of_the_kind"
        other = Socket(Consumer.as_asgi(), "/ws/test", [(b"authorization", b"Bearer 1")])
        assert await other.connect()
        assert (await other.frames(1))[0]["data"]["code"] == "too_many_connections"
        assert await other.close_code() == 4429
        await other.leave()


async def test_before_a_restart_every_socket_is_told_when_to_come_back_and_none_is_admitted():
    async with open_socket() as first, open_socket() as second:
        for socket in (first, second):
            await socket.frames(1)
        await hub().leave()
        for socket in (first, second):
            [error] = await socket.frames(1)
            assert error["data"]["code"] == "restart"
            assert 0 <= error["data"]["retry_after_ms"] < 5000
            assert await socket.close_code() == 4001
        late = Socket(Consumer.as_asgi(), "/ws/test", [(b"authorization", b"Bearer 1")])
        assert await late.connect()
        assert (await late.frames(1))[0]["data"]["code"] == "restart"
        assert await late.close_code() == 4001
        await late.leave()


async def test_the_signal_to_stop_lets_clients_go_before_the_server_closes_them():
    served, messages = asyncio.Queue(), asyncio.Queue()
    loop = asyncio.get_running_loop()
    earlier = signal.signal(signal.SIGTERM, lambda number, _: loop.call_soon(served.put_nowait, number))
    try:
        running = asyncio.ensure_future(lifespan({}, messages.get, AsyncMock()))
        messages.put_nowait({"type": "lifespan.startup"})
        async with open_socket() as socket:
            await socket.frames(1)
            signal.raise_signal(signal.SIGTERM)
            assert (await socket.frames(1))[0]["data"]["code"] == "restart"
            assert await socket.close_code() == 4001
            assert await asyncio.wait_for(served.get(), 5) == signal.SIGTERM
        messages.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait_for(running, 5)
    finally:
        signal.signal(signal.SIGTERM, earlier)


async def test_an_unknown_path_is_closed_not_broken():
    async with connected(UnknownPathConsumer.as_asgi(), "/ws/nowhere") as socket:
        assert await socket.close_code() == 4404


async def test_a_reader_that_does_not_read_is_let_go(monkeypatch):
    monkeypatch.setattr(subscription_module, "QUEUE", 3)
    ended, never = asyncio.Event(), asyncio.Event()

    async def stuck(frame):
        await never.wait()

    async def too_slow(reason):
        assert reason.close_code == 4408
        ended.set()

    subscription = Subscription(streams=["test"], audiences=["all"], send=stuck, ended=too_slow)
    for position in range(1, 7):
        subscription.offer(placed(position), of_event(placed(position)))
        await asyncio.sleep(0)
    await asyncio.wait_for(ended.wait(), 2)
    assert not subscription.waiting


async def test_a_reader_that_lags_behind_its_replay_is_let_go_too(monkeypatch):
    monkeypatch.setattr(subscription_module, "QUEUE", 3)
    ended = asyncio.Event()

    async def too_slow(reason):
        assert reason.close_code == 4408
        ended.set()

    subscription = Subscription(streams=["test"], audiences=["all"], send=None, ended=too_slow)
    subscription.is_held = True
    for position in range(1, 7):
        subscription.offer(placed(position), of_event(placed(position)))
    await asyncio.wait_for(ended.wait(), 2)
    assert not subscription.waiting


async def test_a_client_that_is_ahead_of_this_process_is_not_told_to_resync(monkeypatch):
    monkeypatch.setattr(hub_module, "POLL", 60)
    async with open_socket() as first:
        await first.frames(1)
        await change(1)
        await database_sync_to_async(relay.place)()  # placed, not told: this process has not heard of it
        ahead = await database_sync_to_async(log.head)()
        second = Socket(Consumer.as_asgi(), f"/ws/test?after={ahead}", [(b"authorization", b"Bearer 1")])
        assert await second.connect()
        assert told(await second.frames(1)) == ["ready"]
        assert told(await first.frames(1)) == [1]
        await second.leave()


async def test_a_log_that_cannot_be_read_at_first_is_waited_for(monkeypatch):
    monkeypatch.setattr(hub_module, "POLL", 0.02)
    failures, head = iter([OperationalError("away"), RuntimeError("odd")]), log.head

    def sometimes():
        if failure := next(failures, None):
            raise failure
        return head()

    monkeypatch.setattr(log, "head", sometimes)
    async with open_socket() as socket:
        assert told(await socket.frames(1)) == ["ready"]


async def test_a_log_that_stays_away_closes_the_socket_with_try_again(monkeypatch):
    monkeypatch.setattr(hub_module, "PATIENCE", 0.05)

    def away():
        raise OperationalError("away")

    monkeypatch.setattr(log, "head", away)
    async with open_socket() as socket:
        assert (await socket.frames(1))[0]["data"]["code"] == "unavailable"
        assert await socket.close_code() == 1013


async def test_a_follower_that_broke_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(hub_module, "POLL", 0.02)
    async with open_socket() as socket:
        await socket.frames(1)
        take = Hub.take
        monkeypatch.setattr(Hub, "take", lambda *_: 1 / 0)
        await change(1)
        await relay.drain()
        assert told(await socket.frames(1)) == [1]
        monkeypatch.setattr(Hub, "take", take)
        await change(2)
        await relay.drain()
        assert told(await socket.frames(1)) == [2]


async def test_a_client_may_have_changes_of_one_thing_gathered_and_gets_the_last():
    async with open_socket("/ws/test?coalesce=50") as socket:
        await socket.frames(1)
        await change(1, 2, 3)
        await relay.drain()
        assert told(await socket.frames(1)) == [3]
        assert await socket.is_silent()


async def test_a_client_that_left_costs_nothing_more():
    sent = []

    async def gone(frame):
        sent.append(frame.position)
        raise RuntimeError("the socket is closed")

    subscription = Subscription(streams=["test"], audiences=["all"], send=gone, ended=None)
    for position in range(1, 4):
        subscription.offer(placed(position), of_event(placed(position)))
        await asyncio.sleep(0.01)
    assert sent == [1]
    assert not subscription.waiting
