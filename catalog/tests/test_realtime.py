import asyncio

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.db import transaction

from accounts.services import suspend_seller
from accounts.tests.factories import SellerFactory, token_for
from catalog import consumers, services
from catalog.models import Variant
from catalog.routing import websocket_urlpatterns
from catalog.services.products import lock_product, set_product_status, update_variant
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.events import relay
from config.shared.money import Money
from config.shared.realtime.hub import hub
from config.tests.sockets import Socket, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.anyio]
PATH = "/ws/v1/inventory"
make_variant = database_sync_to_async(VariantFactory)
make_product = database_sync_to_async(ProductFactory)


def listen(query, **who):
    return connected(URLRouter(websocket_urlpatterns), f"{PATH}{query}", **who)


@database_sync_to_async
def sell(variant, quantity):
    services.sell_stock(demand={variant.pk: quantity}, reference="order:1")


@database_sync_to_async
@transaction.atomic
def reprice(variant, amount):
    variant.product = lock_product(product_id=variant.product_id)
    update_variant(variant=variant, changes={"price": Money(amount, "USD")})


async def test_stock_and_prices_of_the_named_products_arrive():
    first, second, other = [await make_variant(stock=5) for _ in range(3)]
    async with listen(f"?product={first.product_id}&product={second.product.slug}") as socket:
        [ready] = await socket.frames(1)
        assert ready["type"] == "ready"
        await sell(other, 1)
        await sell(first, 2)
        await sell(second, 5)
        await reprice(first, 500)
        await relay.drain()

        frames = await socket.frames(3)

        assert [(frame["type"], frame["data"]) for frame in frames] == [
            ("inventory.changed", {"product": str(first.product_id), "variant": str(first.pk), "available": True, "quantity": 3}),
            ("inventory.changed", {"product": str(second.product_id), "variant": str(second.pk), "available": False, "quantity": 0}),
            ("product.price_changed", {
                "product": str(first.product_id), "variant": str(first.pk),
                "price": {"amount": 500, "currency": "USD"}, "previous": {"amount": 1999, "currency": "USD"}}),
        ]  # fmt: skip
        assert await socket.is_silent()


async def test_what_was_missed_is_replayed():
    variant = await make_variant(stock=5)
    async with listen(f"?product={variant.product_id}") as socket:
        [ready] = await socket.frames(1)
        await sell(variant, 1)
        await relay.drain()
        await socket.frames(1)  # so that this process has heard of it

    async with listen(f"?product={variant.product_id}&after={ready['id']}") as socket:
        missed, again = await socket.frames(2)

    assert (missed["data"]["quantity"], again["type"]) == (4, "ready")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid_products"),
        ("?product=", "invalid_products"),
        ("?product=999999", "not_found"),
        ("?product=99999999999999999999999999", "not_found"),
        ("?product=a%00b", "not_found"),
        ("?" + "&".join(f"product={n}" for n in range(101)), "invalid_products"),
    ],
)
async def test_bad_names_are_refused(query, code):
    async with listen(query) as socket:
        [error] = await socket.frames(1)
        assert error["data"]["code"] == code
        assert await socket.close_code() == 4400


async def test_while_connected_products_are_followed_and_let_go():
    first, second = [await make_variant(stock=9) for _ in range(2)]
    async with listen(f"?product={first.product_id}") as socket:
        await socket.frames(1)
        await socket.send({"type": "subscribe", "product": second.product.slug})
        [answer] = await socket.frames(1)
        assert (answer["type"], answer["data"]) == ("subscribed", {"product": str(second.product_id)})
        await socket.send({"type": "unsubscribe", "product": str(first.product_id)})
        assert [frame["type"] for frame in await socket.frames(1)] == ["unsubscribed"]
        await sell(first, 1)
        await sell(second, 2)
        await relay.drain()
        assert [frame["data"]["quantity"] for frame in await socket.frames(1)] == [7]
        assert await socket.is_silent()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "subscribe", "product": "999999"}, "not_found"),
        ({"type": "subscribe", "product": 7}, "invalid_products"),
        ({"type": "subscribe", "product": ["1"]}, "invalid_products"),
        ({"type": "subscribe", "product": ""}, "invalid_products"),
        ({"type": "subscribe"}, "unexpected_message"),
        ({"type": "subscribe", "product": "1", "more": 1}, "unexpected_message"),
        ({"type": "inventory.changed", "product": "1"}, "unexpected_message"),
    ],
)
async def test_a_message_that_makes_no_sense_changes_nothing(message, code):
    variant = await make_variant(stock=5)
    async with listen(f"?product={variant.product_id}") as socket:
        await socket.frames(1)
        await socket.send(message)
        assert [frame["data"]["code"] for frame in await socket.frames(1)] == [code]
        await sell(variant, 1)
        await relay.drain()
        assert [frame["data"]["quantity"] for frame in await socket.frames(1)] == [4]


async def test_there_is_an_end_to_what_one_socket_follows(monkeypatch):
    monkeypatch.setattr(consumers, "MAX_PRODUCTS", 1)
    first, second = [await make_variant() for _ in range(2)]
    async with listen(f"?product={first.product_id}") as socket:
        await socket.frames(1)
        await socket.send({"type": "subscribe", "product": str(second.product_id)})
        assert [frame["data"]["code"] for frame in await socket.frames(1)] == ["invalid_products"]


async def test_a_draft_is_its_sellers_alone():
    seller = await database_sync_to_async(SellerFactory)()
    draft = await make_product(seller=seller, status="draft")
    token = await database_sync_to_async(token_for)(seller.user)
    async with listen(f"?product={draft.pk}") as socket:
        assert (await socket.frames(1))[0]["data"]["code"] == "not_found"
    async with listen(f"?product={draft.pk}", bearer=token) as socket:
        assert (await socket.frames(1))[0]["type"] == "ready"


hide = database_sync_to_async(transaction.atomic(set_product_status))
suspend = database_sync_to_async(suspend_seller)


async def test_of_what_is_hidden_the_end_is_told_and_nothing_after_it():
    archived, suspended, other = [await make_variant(stock=5) for _ in range(3)]
    query = "&".join(f"product={variant.product_id}" for variant in (archived, suspended, other))
    async with listen(f"?{query}") as socket:
        [ready] = await socket.frames(1)
        await sell(archived, 1)
        await hide(product=archived.product, status="archived")
        await suspend(seller_id=suspended.seller_id)
        for variant in (archived, suspended, other):
            await sell(variant, 2)
        await relay.drain()
        assert [(frame["type"], frame["data"]["product"]) for frame in await socket.frames(4)] == [
            ("inventory.changed", str(archived.product_id)),
            ("product.hidden", str(archived.product_id)),
            ("product.hidden", str(suspended.product_id)),
            ("inventory.changed", str(other.product_id)),
        ]
        assert await socket.is_silent()
    async with listen(f"?product={archived.product_id}&after={ready['id']}") as socket:
        assert (await socket.frames(1))[0]["data"]["code"] == "not_found"


async def test_what_is_hidden_while_a_client_comes_in_is_not_followed(monkeypatch):
    first, second, third = [await make_variant(stock=5) for _ in range(3)]
    hiding, look = [], consumers.InventoryConsumer.ids_of

    async def hidden_meanwhile(consumer, names):
        found = await look(consumer, names)
        for variant in hiding:
            await hide(product=variant.product, status="archived")
            await relay.drain()
            await hub().catch_up()
        return found

    monkeypatch.setattr(consumers.InventoryConsumer, "ids_of", hidden_meanwhile)
    async with listen(f"?product={first.product_id}") as socket:
        await socket.frames(1)
        hiding[:] = [second]
        await socket.send({"type": "subscribe", "product": str(second.product_id)})
        assert [frame["data"]["code"] for frame in await socket.frames(1)] == ["not_found"]
        hiding[:] = [third]
        late = Socket(URLRouter(websocket_urlpatterns), f"{PATH}?product={third.product_id}", [])
        assert await late.connect()
        assert (await late.frames(1))[0]["data"]["code"] == "not_found"
        await late.leave()


async def test_guests_who_come_at_once_share_a_reading(monkeypatch):
    first, second, draft = await make_variant(), await make_variant(), await make_product(status="draft")
    readings, look = [], consumers.products_named

    def count(actor, names):
        readings.append(set(names))
        return look(actor, names)

    monkeypatch.setattr(consumers, "products_named", count)
    names = [str(first.product_id), second.product.slug, str(draft.pk), "no-such-thing"]
    found = await asyncio.gather(*(consumers.public_products({name}) for name in names * 5))

    ids = [{names[0]: str(first.product_id)}, {names[1]: str(second.product_id)}, {}, {}]
    assert found == ids * 5
    assert readings == [set(names)]


async def test_a_committed_change_is_one_frame_and_a_refused_one_none():
    variant = await make_variant(stock=2)
    async with listen(f"?product={variant.product_id}") as socket:
        await socket.frames(1)
        with pytest.raises(Exception, match="stock"):
            await sell(variant, 3)
        await sell(variant, 2)
        await relay.drain()
        assert [frame["data"]["quantity"] for frame in await socket.frames(1)] == [0]
        assert await socket.is_silent()
        assert await database_sync_to_async(Variant.objects.filter(is_available=True).count)() == 0
