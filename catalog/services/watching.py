"""Finds the products whose stock and prices an actor may follow, and stops it when they are hidden."""

from collections.abc import Iterable, Sequence

from catalog.events import ProductHidden, product_audience
from catalog.models import Product
from config.shared.actor import Actor
from config.shared.events import log
from config.shared.lookups import is_id


def visible_products(actor: Actor, ids: Sequence[str]) -> set[str]:
    """The ids of the products, given by id or slug, that the actor may see."""
    return set(products_named(actor, ids).values())


def products_named(actor: Actor, names: Iterable[str]) -> dict[str, str]:
    """Name (id or slug) → id, for the products that the actor may see."""
    ids = [int(name) for name in names if is_id(name)]
    slugs = [name for name in names if not is_id(name) and "\x00" not in name]
    rows = Product.objects.visible_to(actor)
    found = {str(pk): str(pk) for pk in rows.filter(pk__in=ids).values_list("pk", flat=True)} if ids else {}
    if slugs:
        found |= {slug: str(pk) for slug, pk in rows.filter(slug__in=slugs).values_list("slug", "pk")}
    return found


def announce_hidden(product_ids: Iterable[int]) -> None:
    """Sends followers of products that are no longer public a last event."""
    log.append_all((ProductHidden(product=str(pk)), [product_audience(pk)]) for pk in product_ids)
