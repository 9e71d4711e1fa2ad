from asgiref.sync import sync_to_async

from catalog.events import product_audience
from catalog.services import products_named
from config.shared.actor import Actor
from config.shared.realtime.consumer import BAD_REQUEST, EventConsumer, Refused

MAX_PRODUCTS = 100


class InventoryConsumer(EventConsumer):
    """Stock and prices of the products named by `?product=` (ids or slugs); open to everybody."""

    stream = "inventory"
    is_public = True
    parameters = ("product",)

    async def audiences(self, actor: Actor, query: dict[str, list[str]]) -> set[str]:
        named = set(query.get("product", [])) - {""}
        if not 1 <= len(named) <= MAX_PRODUCTS:
            raise Refused(
                BAD_REQUEST, "invalid_products", f"Name 1 to {MAX_PRODUCTS} products: ?product=…&product=…"
            )
        ids = await sync_to_async(products_named)(actor, named)
        if len(ids) < len(named):
            raise Refused(BAD_REQUEST, "not_found", "One of the products does not exist.")
        return {product_audience(int(pk)) for pk in ids.values()}
