"""`/ws/v1/orders`: who hears what."""

import contextlib

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from accounts.tests.factories import AdminFactory, UserFactory, token_for
from catalog.tests.factories import VariantFactory
from config.shared.errors import InvalidTransition
from config.shared.events import relay
from config.tests.sockets import connected
from orders import services
from orders.consumers import OrderConsumer
from orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/v1/orders"


def hear(users, act, count):
    """The frames (without `ready`) that each user hears of what `act` does."""

    async def run():
        tokens = [await sync_to_async(token_for)(user) for user in users]
        async with contextlib.AsyncExitStack() as stack:
            application = OrderConsumer.as_asgi()
            sockets = [
                await stack.enter_async_context(connected(application, PATH, bearer=token))
                for token in tokens
            ]
            for socket in sockets:
                assert (await socket.frames(1))[0]["type"] == "ready"
            await sync_to_async(act)()
            await relay.drain()
            heard = [await socket.frames(number) for socket, number in zip(sockets, count, strict=True)]
            assert all([await socket.is_silent() for socket in sockets])
            return [[(frame["type"], frame["data"]) for frame in frames] for frames in heard]

    return async_to_sync(run)()


def test_each_hears_what_concerns_them():
    first, second = VariantFactory(), VariantFactory()
    order = OrderFactory(variants=[first, second])
    services.mark_order_paid(order_id=order.pk)
    part = order.parts.get(seller=first.seller)
    async_to_sync(relay.drain)()

    def act():
        services.accept_part(part_id=part.pk, by=None)
        services.ship_part(part_id=part.pk, by=None)

    users = [order.user, first.seller.user, second.seller.user, AdminFactory(), UserFactory()]
    heard = hear(users, act, [4, 4, 1, 4, 0])
    kinds = [kind for kind, _ in heard[0]]
    assert kinds == ["order.status_changed", "order.shipped", "order.status_changed", "order.status_changed"]
    assert [data["part_status"] for _, data in heard[0]] == ["accepted", "shipped", "shipped", None]
    assert heard[0] == heard[1] == heard[3]
    assert heard[2] == [
        (
            "order.status_changed",
            {
                "order": str(order.pk),
                "number": order.number,
                "status": "partially_shipped",
                "previous_status": "paid",
                "part": None,
                "part_status": None,
            },
        )
    ]


def test_a_guest_is_turned_away():
    async def run():
        async with connected(OrderConsumer.as_asgi(), PATH) as socket:
            frame = (await socket.frames(1))[0]
            return frame["data"]["code"], await socket.close_code()

    assert async_to_sync(run)() == ("not_authenticated", 4401)


def test_what_rolled_back_is_not_told():
    order = OrderFactory()
    async_to_sync(relay.drain)()
    services.cancel_order(order_id=order.pk, by=None)
    assert async_to_sync(relay.drain)() > 0
    with pytest.raises(InvalidTransition):
        services.cancel_order(order_id=order.pk, by=None)
    assert async_to_sync(relay.drain)() == 0
