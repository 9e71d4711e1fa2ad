import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.core import mail
from django.utils import timezone

from accounts.tests.factories import SellerFactory, UserFactory, token_for
from catalog.events import StockLow
from catalog.services.products import update_product
from catalog.tests.factories import VariantFactory
from config.shared.actor import seller_audience
from config.shared.events import log, relay
from config.shared.money import Money
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


async def test_a_fall_in_price_reaches_socket_feed_list_and_mail_once(as_user, run_jobs):
    variant, follower = await followed_variant()
    token = await database_sync_to_async(token_for)(follower)
    async with open_socket(bearer=token) as socket:
        await socket.frames(1)
        await drop_price(variant, 1500)
        for _ in range(2):  # a job that is run again tells nobody again
            await database_sync_to_async(run_jobs)()
            await tell_again(variant)
        await relay.drain()

        [frame] = await socket.frames(1)
        assert (frame["type"], frame["data"]["kind"], frame["data"]["unread"]) == (
            "notification.created",
            "price.drop",
            1,
        )
        assert frame["data"]["about"]["products"] == [str(variant.product_id)]
        assert await socket.is_silent()
    await everywhere_once(as_user, follower, variant, frame["data"]["notification"])


@database_sync_to_async
def followed_variant():
    variant = VariantFactory(price_amount=2000)
    follower = UserFactory(email="ada@example.com", email_verified_at=timezone.now())
    services.follow(user=follower, seller=variant.seller)
    return variant, follower


@database_sync_to_async
def drop_price(variant, amount):
    update_product(product=variant.product, changes={"price": Money(amount, "USD")})


@database_sync_to_async
def tell_again(variant):
    services.tell_followers(seller_id=variant.seller_id, batches=5)


@database_sync_to_async
def everywhere_once(as_user, follower, variant, notification):
    client = as_user(follower)
    [post] = client.get("/api/v1/feed").json()["results"]
    assert (post["kind"], post["product"]["id"]) == ("price.drop", str(variant.product_id))
    [row] = client.get("/api/v1/notifications").json()["results"]
    assert (row["id"], row["kind"], row["read"]) == (notification, "price.drop", False)
    for _ in range(2):
        Notification.objects.exclude(mail_due_at=None).update(mail_due_at=timezone.now())
        services.send_due_mails(most=10)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.com"], f"Prices have fallen at {variant.seller.name}")
