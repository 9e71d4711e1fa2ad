"""The category tree and the brands."""

from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError
from treebeard.exceptions import InvalidMoveToDescendant

from accounts.slugs import unique_slug
from catalog.errors import BrandInUse, CategoryCycle, CategoryInUse
from catalog.models import Brand, Category


def lock_tree() -> None:
    """Lets one transaction at a time write the tree: a node's path depends on its siblings. Needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog_category', 0))")


@transaction.atomic
def create_category(*, name: str, parent: Category | None = None, slug: str = "") -> Category:
    lock_tree()
    values = {"name": name, "slug": slug or unique_slug(Category, name)}
    if parent is None:
        return Category.objects.add_root(values)
    return Category.objects.add_child(Category.objects.get(pk=parent.pk), values)


@transaction.atomic
def change_category(*, category: Category, changes: dict[str, Any]) -> Category:
    """Renames the category, or moves it under `parent` (None: to the top). Raises CategoryCycle."""
    lock_tree()
    values = dict(changes)
    if "parent" in values:
        move_category(Category.objects.get(pk=category.pk), values.pop("parent"))
    Category.objects.filter(pk=category.pk).update(**values)
    return Category.objects.get(pk=category.pk)


def move_category(category: Category, parent: Category | None) -> None:
    """Needs the tree locked."""
    target = Category.objects.get(pk=parent.pk) if parent else Category.objects.get_last_root_node()
    try:
        Category.objects.move(category, target, "last-child" if parent else "last-sibling")
    except InvalidMoveToDescendant:
        raise CategoryCycle from None


@transaction.atomic
def delete_category(*, category: Category) -> None:
    """Raises CategoryInUse."""
    lock_tree()
    fresh = Category.objects.get(pk=category.pk)
    if fresh.numchild or fresh.products.exists():
        raise CategoryInUse
    fresh.delete()


@transaction.atomic
def category_at(*, path: list[str]) -> Category | None:
    """The category at the end of this path of names from the top; missing ones are created."""
    category = None
    for name in path:
        category = child_named(category, name) or make_child(category, name)
    return category


def make_child(parent: Category | None, name: str) -> Category:
    """Needs a transaction. A caller that waited for the tree's lock finds the category that the other one created."""
    lock_tree()
    return child_named(parent, name) or create_category(name=name, parent=parent)


def child_named(parent: Category | None, name: str) -> Category | None:
    return Category.objects.filter(parent_path=parent.path if parent else "", name__iexact=name).first()


@transaction.atomic
def brand_named(*, name: str) -> Brand:
    """The brand with this name, created if missing."""
    named = Brand.objects.filter(name__iexact=name)
    return named.first() or make_brand(name)


def make_brand(name: str) -> Brand:
    """Needs a transaction. `unique_slug` admits one at a time; a caller that waited finds the other one's brand."""
    slug = unique_slug(Brand, name)
    return Brand.objects.filter(name__iexact=name).first() or Brand.objects.create(name=name, slug=slug)


@transaction.atomic
def delete_brand(*, brand: Brand) -> None:
    """Raises BrandInUse."""
    try:
        brand.delete()
    except ProtectedError:
        raise BrandInUse from None
