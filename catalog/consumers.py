from asgiref.sync import sync_to_async

from catalog.events import product_audience
from catalog.models import Product
from config.shared.actor import Actor
from config.shared.api.filters import is_id
from config.shared.realtime.consumer import BAD_REQUEST, EventConsumer, Refused

MAX_PRODUCTS = 100


class InventoryConsumer(EventConsumer):
    """Stock and prices of the products named by `?product=` (ids or slugs); open to everybody."""

    stream = "inventory"
    is_public = True

    async def audiences(self, actor: Actor, query: dict[str, list[str]]) -> set[str]:
        named = set(query.get("product", []))
        if not 1 <= len(named) <= MAX_PRODUCTS:
            raise Refused(
                BAD_REQUEST, "invalid_products", f"Name 1 to {MAX_PRODUCTS} products: ?product=…&product=…"
            )
        ids = await sync_to_async(visible_ids)(actor, named)
        if len(ids) < len(named):
            raise Refused(BAD_REQUEST, "not_found", "One of the products does not exist.")
        return {product_audience(pk) for pk in ids}


def visible_ids(actor: Actor, named: set[str]) -> list[int]:
    """A name that is no product's is left out; an id and a slug of one product count as two."""
    ids = [int(name) for name in named if is_id(name)]
    slugs = [name for name in named if not is_id(name) and "\x00" not in name]
    rows = Product.objects.visible_to(actor)
    by_id = rows.filter(pk__in=ids).values_list("pk", flat=True) if ids else []
    by_slug = rows.filter(slug__in=slugs).values_list("pk", flat=True) if slugs else []
    return [*by_id, *by_slug]
