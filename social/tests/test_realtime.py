import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter

from accounts.tests.factories import SellerFactory, UserFactory, token_for
from catalog.events import StockLow
from config.shared.actor import seller_audience
from config.shared.events import log, relay
from config.tests.sockets import connected
from social import services
from social.models import Notification
from social.routing import websocket_urlpatterns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.anyio]
PATH = "/ws/v1/notifications"


def open_socket(**who):
    return connected(URLRouter(websocket_urlpatterns), PATH, **who)


@database_sync_to_async
def people():
    """A shop's user and a stranger, and the user's token."""
    seller, stranger = SellerFactory(), UserFactory()
    return seller, stranger, token_for(seller.user)


@database_sync_to_async
def tell(*user_ids):
    return services.notify(kind=Notification.Kind.ORDER_PAID, told=[(pk, {"order": "7"}) for pk in user_ids])


@database_sync_to_async
def run_low(seller):
    event = StockLow(**dict.fromkeys(StockLow.__annotations__, "1"))
    log.append(event, audiences=[seller_audience(seller.pk)])


async def test_ones_own_notifications_arrive():
    seller, stranger, token = await people()
    async with open_socket(bearer=token) as socket:
        await socket.frames(1)
        _, own = await tell(stranger.pk, seller.user_id)
        await relay.drain()

        [frame] = await socket.frames(1)
        assert frame["type"] == "notification.created"
        assert frame["data"] == {
            "notification": str(own.pk),
            "kind": "order.paid",
            "about": {"order": "7"},
            "unread": 1,
        }
        assert await socket.is_silent()


async def test_the_stream_carries_the_shops_news():
    seller, _, token = await people()
    async with open_socket(bearer=token) as socket:
        await socket.frames(1)
        await run_low(seller)
        await relay.drain()

        assert [frame["type"] for frame in await socket.frames(1)] == ["stock.low"]


async def test_a_guest_is_turned_away():
    async with open_socket() as socket:
        [error] = await socket.frames(1)
        assert error["data"]["code"] == "not_authenticated"
        assert await socket.close_code() == 4401
