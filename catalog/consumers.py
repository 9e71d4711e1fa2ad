import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from catalog.events import product_audience
from catalog.services import products_named
from config.shared.actor import GUEST, Actor
from config.shared.realtime.consumer import EventConsumer
from config.shared.realtime.endings import BAD_REQUEST, Refused, not_there
from config.shared.realtime.hub import hub

MAX_PRODUCTS = 100


class InventoryConsumer(EventConsumer):
    """Stock and prices of the products named by `?product=` (ids or slugs); open to everybody.

    While connected, `{"type": "subscribe", "product": "<id or slug>"}` adds a product and `unsubscribe` removes one. The
    reply, `subscribed` or `unsubscribed`, marks the position in the stream from which its changes are sent, or no longer
    sent. When a product stops being public, `product.hidden` is its last frame.
    """

    stream = "inventory"
    is_public = True
    parameters = ("product",)

    async def audiences(self, actor: Actor, query: dict[str, list[str]]) -> set[str]:
        named = set(query.get("product", [])) - {""}
        if not 1 <= len(named) <= MAX_PRODUCTS:
            raise Refused(
                BAD_REQUEST, "invalid_products", f"Name 1 to {MAX_PRODUCTS} products: ?product=…&product=…"
            )
        return {product_audience(int(pk)) for pk in await self.ids_of(named)}

    async def ids_of(self, named: set[str]) -> set[str]:
        """Raises Refused if the actor may not see one of the products."""
        own = database_sync_to_async(products_named)
        ids = await (public_products(named) if self.actor.is_guest else own(self.actor, named))
        if len(ids) < len(named):
            raise not_there()
        return set(ids.values())

    async def hear(self, kind: str, message: Any) -> None:
        name = message.get("product")
        if kind not in ("subscribe", "unsubscribe") or set(message) != {"type", "product"}:
            return await super().hear(kind, message)
        if not isinstance(name, str) or not 0 < len(name) <= 255:
            raise Refused(BAD_REQUEST, "invalid_products", "product must be an id or a slug.")
        mark = hub().cursor
        [pk] = await self.ids_of({name})
        if self.subscription is not None:
            self.follow(kind, pk, mark)
        return None

    def follow(self, kind: str, pk: str, mark: int) -> None:
        keys = {(self.stream, product_audience(int(pk)))}
        if kind == "unsubscribe":
            hub().narrow(self.subscription, keys)
        elif len({key for key in self.subscription.keys | keys if key[0] == self.stream}) > MAX_PRODUCTS:
            raise Refused(BAD_REQUEST, "invalid_products", f"At most {MAX_PRODUCTS} products are followed.")
        else:
            hub().check_not_ended(keys, mark)
            hub().widen(self.subscription, keys)
        self.subscription.tell(f"{kind}d", hub().cursor, {"product": pk})


class Lookup:
    """Shares one query between guests who connect at once, in a flash sale or after a restart. Names that arrive while a
    query runs are looked up together in the next one."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self.asking: asyncio.Task[dict[str, str]] | None = None
        self.turn = asyncio.Lock()

    async def find(self, names: set[str]) -> dict[str, str]:
        """Name → id of the public products, read after this call began."""
        self.wanted |= names
        if self.asking is None:
            self.asking = asyncio.ensure_future(self.ask())
        found = await asyncio.shield(self.asking)
        return {name: found[name] for name in names & found.keys()}

    async def ask(self) -> dict[str, str]:
        async with self.turn:
            wanted, self.wanted, self.asking = self.wanted, set(), None
            return await database_sync_to_async(products_named)(GUEST, wanted)


LOOKUPS: WeakKeyDictionary[asyncio.AbstractEventLoop, Lookup] = WeakKeyDictionary()


async def public_products(names: set[str]) -> dict[str, str]:
    return await LOOKUPS.setdefault(asyncio.get_running_loop(), Lookup()).find(names)
