"""The public resources that `expand=` puts in place of a shop, brand, category or product, read for many at once."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q

from accounts.models import Seller
from accounts.serializers.sellers import SellerSerializer
from catalog.models import Brand, Category, Product
from catalog.serializers.products import list_row_of
from catalog.serializers.references import reference
from catalog.serializers.taxonomy import BrandSerializer
from config.shared.actor import Actor
from config.shared.api.serializers import shown


def shown_shops(actor: Actor, ids: Collection[str]) -> dict[str, Any]:
    return by_id(shown(SellerSerializer, row) for row in Seller.objects.public().filter(pk__in=ids))


def shown_brands(actor: Actor, ids: Collection[str]) -> dict[str, Any]:
    return by_id(shown(BrandSerializer, row) for row in Brand.objects.filter(pk__in=ids))


def shown_products(actor: Actor, ids: Collection[str]) -> dict[str, Any]:
    return by_id(list_row_of(row) for row in Product.objects.public().for_rows().filter(pk__in=ids))


def shown_categories(actor: Actor, ids: Collection[str]) -> dict[str, Any]:
    """Each with its ancestors and its direct subcategories, as in CategorySerializer."""
    paths, step = list(Category.objects.filter(pk__in=ids).values_list("path", flat=True)), Category.steplen
    above = {path[:end] for path in paths for end in range(step, len(path) + 1, step)}
    around = Category.objects.filter(Q(path__in=above) | Q(parent_path__in=paths))
    known = {row.path: row for row in around.order_by("path")}
    return by_id(category_json(known, path, step) for path in paths if path in known)


def category_json(known: dict[str, Category], path: str, step: int) -> dict[str, Any]:
    ancestors = [reference(known[path[:end]]) for end in range(step, len(path), step)]
    children = [reference(row) for row in known.values() if row.parent_path == path]
    way = {"parent": ancestors[-1] if ancestors else None, "ancestors": ancestors, "children": children}
    return reference(known[path]) | way  # type: ignore[operator]


def by_id(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {row["id"]: row for row in rows}
