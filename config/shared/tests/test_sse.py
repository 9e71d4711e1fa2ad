import json

import pytest
from asgiref.testing import ApplicationCommunicator

from config.shared import redis
from config.shared.events import relay
from config.shared.realtime.hub import hub
from config.shared.realtime.seats import TAKEN
from config.shared.realtime.sse import EventStream
from config.shared.tests.test_realtime import change
from config.tests.sockets import TIMEOUT, stop_hub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.anyio]


@pytest.fixture(autouse=True)
async def authenticator(settings):
    """And the follower of the log ends with its test, as its database does."""
    settings.SOCKET_AUTHENTICATOR = "config.shared.tests.test_realtime.find_actor"
    yield
    await stop_hub()


async def elsewhere(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Reader:
    """A client of the stream."""

    def __init__(self, *, query: str = "", path: str = "/api/v1/events", **headers: str) -> None:
        named = {"accept": "text/event-stream"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        encoded = [(name.encode(), value.encode()) for name, value in named.items()]
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": encoded,
        }
        self.client = ApplicationCommunicator(EventStream(elsewhere), scope)

    async def start(self) -> tuple[int, dict[str, str]]:
        await self.client.send_input({"type": "http.request", "body": b"", "more_body": False})
        output = await self.client.receive_output(TIMEOUT)
        return output["status"], {name.decode(): value.decode() for name, value in output["headers"]}

    async def body(self) -> bytes:
        return (await self.client.receive_output(TIMEOUT))["body"]

    async def events(self, count: int) -> list[tuple[str, str, dict]]:
        """(id, type, data) of the next ones."""
        chunks = [(await self.body()).decode().splitlines() for _ in range(count)]
        values = [[line.partition(": ")[2] for line in chunk[:3]] for chunk in chunks]
        return [(number, kind, json.loads(frame)["data"]) for number, kind, frame in values]

    async def leave(self) -> None:
        await self.client.send_input({"type": "http.disconnect"})
        await self.client.wait(TIMEOUT)


async def test_the_stream_replays_then_goes_on_live():
    await change(1, 2)
    await relay.drain()
    reader = Reader(authorization="Bearer 1", last_event_id="1")
    assert (await reader.start())[0] == 200
    assert [(number, kind) for number, kind, _ in await reader.events(2)] == [
        ("2", "test.changed"),
        ("2", "ready"),
    ]
    await change(3)
    await relay.drain()
    assert await reader.events(1) == [("3", "test.changed", {"number": 3})]
    await reader.leave()


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("", {}, 401, "not_authenticated"),
        ("", {"authorization": "Bearer 2"}, 401, "not_authenticated"),
        ("after=x", {"authorization": "Bearer 1"}, 400, "invalid_cursor"),
        ("product=x", {"authorization": "Bearer 1"}, 400, "invalid_parameter"),
        ("", {"authorization": "Bearer 1", "origin": "https://evil.test"}, 403, "permission_denied"),
    ],
)
async def test_who_may_not_read_gets_a_problem(query, headers, status, code):
    reader = Reader(query=query, x_request_id="mine", **headers)
    answered, sent = await reader.start()
    assert (answered, sent["content-type"], sent["x-request-id"]) == (
        status,
        "application/problem+json",
        "mine",
    )
    assert json.loads(await reader.body())["code"] == code


async def test_everything_else_goes_on_to_django():
    assert (await Reader(path="/api/v1/products").start())[0] == 418
    assert (await Reader(accept="application/json").start())[0] == 418


async def test_the_end_of_the_token_ends_the_stream():
    reader = Reader(authorization="Bearer 1 0.2")
    assert (await reader.start())[0] == 200
    assert [kind for _, kind, _ in await reader.events(1)] == ["ready"]
    assert b'"code":"token_expired"' in await reader.body()
    await reader.client.wait(TIMEOUT)


async def test_before_a_restart_a_stream_ends_with_the_time_to_come_back():
    reader = Reader(authorization="Bearer 1")
    await reader.start()
    await reader.events(1)
    await hub().leave()
    kind, retry, data, *_ = (await reader.body()).decode().splitlines()
    told = json.loads(data.removeprefix("data: "))["data"]
    assert (kind, retry, told["code"]) == ("event: closed", f"retry: {told['retry_after_ms']}", "restart")
    await reader.client.wait(TIMEOUT)
    assert (await Reader(authorization="Bearer 1").start())[0] == 503


async def test_one_stream_too_many_of_a_user_is_429(settings):
    settings.SOCKETS_PER_USER = 1
    reader = Reader(authorization="Bearer 1")
    assert (await reader.start())[0] == 200
    late = Reader(authorization="Bearer 1")
    status, headers = await late.start()
    assert (status, headers["retry-after"]) == (429, "30")
    assert json.loads(await late.body())["code"] == "too_many_connections"
    await reader.leave()
    assert TAKEN == {}


async def test_without_redis_a_ticket_cannot_be_checked(monkeypatch):
    def down():
        raise redis.DOWN[0]("down")

    monkeypatch.setattr(redis, "connection", down)
    reader = Reader(query="ticket=abc")
    assert (await reader.start())[0] == 503
    assert json.loads(await reader.body())["dependency"] == "Redis"
