"""Whatever ends a person's access ends what they have open, on sockets and streams alike."""

import pytest
from channels.db import database_sync_to_async

from accounts import services
from accounts.mail_tokens import RESET
from accounts.models import ApiKey, Session, User
from accounts.services.sessions import end_session
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory, token_for
from config.shared.actor import ADMIN, Actor
from config.shared.events import log, relay
from config.shared.events.declared import CONTROL
from config.shared.models import EventRecord
from config.shared.realtime.consumer import EventConsumer
from config.shared.realtime.hub import hub
from config.shared.realtime.seats import TAKEN
from config.shared.tests.test_sse import Reader
from config.tests.sockets import connected, stop_hub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.anyio]
NEW = "violet-otter-27"


@pytest.fixture(autouse=True)
async def hub_stopped():
    yield
    await stop_hub()


class Consumer(EventConsumer):
    stream = "orders"


def open_socket(token):
    return connected(Consumer.as_asgi(), "/ws", bearer=token)


def log_out(user):
    end_session(user=user, refresh=services.start_session(user=user).refresh)  # another of theirs
    Session.objects.filter(user=user).end()


def change(user, **changes):
    actor = Actor(user=AdminFactory(), role=ADMIN)
    services.change_user(actor=actor, user_id=user.pk, **changes)


def suspend(user):
    services.suspend_seller(seller_id=user.seller.pk)


def forget(user):
    AdminFactory()
    services.erase_user(user=user)


ACTS = {
    "log out": (log_out, 4401, "session_ended"),
    "log out everywhere": (lambda user: services.log_out_everywhere(user=user), 4401, "session_ended"),
    "password changed": (lambda user: services.set_password(user=user, password=NEW), 4401, "session_ended"),
    "password reset": (
        lambda user: services.reset_password(token=RESET.make(user), password=NEW, origin=services.Origin()),
        4401,
        "session_ended",
    ),
    "deactivated": (lambda user: change(user, is_active=False), 4401, "session_ended"),
    "another role": (lambda user: change(user, role="customer"), 4401, "role_changed"),
    "shop suspended": (suspend, 4403, "shop_suspended"),
    "erased": (forget, 4403, "shop_suspended"),
}


@database_sync_to_async
def made(factory, **values):
    user = factory(**values)
    return getattr(user, "user", user)


@pytest.mark.parametrize("act", ACTS)
async def test_the_end_of_access_closes_the_socket_at_once(act):
    do, close_code, code = ACTS[act]
    user = await made(SellerFactory)
    token = await database_sync_to_async(token_for)(user)
    async with open_socket(token) as socket:
        await socket.frames(1)
        await database_sync_to_async(do)(user)
        await relay.drain()
        [error] = await socket.frames(1)
        assert (error["type"], error["data"]["code"]) == ("error", code)
        assert await socket.close_code() == close_code
        assert hub().subscribers == {}
    assert TAKEN == {}


async def test_a_revoked_key_ends_what_it_opened_and_nothing_else():
    user = await made(SellerFactory)
    key, text = await database_sync_to_async(services.create_api_key)(
        user=user, name="Till", scopes=["events:read"]
    )
    token = await database_sync_to_async(token_for)(user)
    async with open_socket(token) as person, open_socket(text) as program:
        await person.frames(1)
        await program.frames(1)
        await database_sync_to_async(ApiKey.objects.filter(pk=key.pk).revoke)()
        await relay.drain()
        assert [frame["data"]["code"] for frame in await program.frames(1)] == ["key_revoked"]
        assert await program.close_code() == 4401
        assert await person.is_silent()


async def test_one_session_s_end_leaves_the_others_open():
    user = await made(UserFactory)
    first, second = [await database_sync_to_async(token_for)(user) for _ in range(2)]
    async with open_socket(first) as socket:
        await socket.frames(1)
        newest = await Session.objects.filter(user=user).order_by("-created_at").afirst()
        await database_sync_to_async(Session.objects.filter(pk=newest.pk).end)()
        await relay.drain()
        assert await socket.is_silent()
    assert first != second


async def test_an_access_that_ends_while_its_socket_opens_is_noticed(monkeypatch):
    """After the token was found good, before the socket listens."""
    user = await made(UserFactory)
    token = await database_sync_to_async(token_for)(user)
    authenticate = Consumer.authenticate

    async def slowly(self, *args):
        actor = await authenticate(self, *args)
        await database_sync_to_async(services.log_out_everywhere)(user=user)
        await relay.drain()
        await hub().catch_up()
        return actor

    monkeypatch.setattr(Consumer, "authenticate", slowly)
    async with open_socket(token) as socket:
        assert (await socket.frames(1))[0]["data"]["code"] == "session_ended"
        assert await socket.close_code() == 4401


async def test_the_end_of_access_ends_the_stream_too():
    user = await made(UserFactory)
    reader = Reader(authorization=f"Bearer {await database_sync_to_async(token_for)(user)}")
    assert (await reader.start())[0] == 200
    await reader.events(1)
    await database_sync_to_async(services.log_out_everywhere)(user=user)
    await relay.drain()
    assert b"event: closed\n" in (last := await reader.body())
    assert b'"code":"session_ended"' in last
    await reader.leave()


async def test_nobody_reads_of_it_over_http(as_user):
    admin = await made(AdminFactory)
    before = await database_sync_to_async(log.head)()
    await database_sync_to_async(services.log_out_everywhere)(user=await made(UserFactory))
    await database_sync_to_async(suspend)(await made(SellerFactory))
    await relay.drain()
    assert await EventRecord.objects.filter(stream=CONTROL, position__gt=before).acount() == 1
    client = await database_sync_to_async(as_user)(admin)
    answer = await database_sync_to_async(client.get)(f"/api/v1/events?after={before}")
    assert answer.json()["results"] == []
    assert await User.objects.filter(is_active=True).acount() == 3
