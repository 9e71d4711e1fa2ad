"""Slugs: paths accept them in place of ids, so they never consist of digits alone, nor equal a path's own word."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, models
from django.utils.crypto import get_random_string
from django.utils.text import slugify

RESERVED = frozenset({"my", "create", "import", "export", "me", "apply"})
NUMBERED = 9  # slugs per name that end in a number; further ones end in random letters


def unique_slug(model: type[models.Model], text: str, *, reserved: Collection[str] = RESERVED) -> str:
    """A free slug for a row of `model` named `text`.

    Needs a transaction: until it ends, others that want the same slug wait.
    """
    return unique_slugs(model, [text], reserved=reserved)[0]


def unique_slugs(
    model: type[models.Model], texts: Sequence[str], *, reserved: Collection[str] = RESERVED
) -> list[str]:
    """A free slug for each of `texts`, in their order, with one lock and one query for all."""
    bases = [base_of(model, text, reserved) for text in texts]
    lock([f"{model._meta.db_table} {base}" for base in bases])
    wanted = {slug for base in bases for slug in numbered(base)}
    taken = in_use(model, wanted)
    return [take(base, taken) for base in bases]


def in_use(model: Any, slugs: Collection[str]) -> set[str]:
    """The `slugs` that are taken; a model that remembers past slugs answers this itself."""
    rows = model._default_manager.all()
    if hasattr(rows, "slugs_in_use"):
        return rows.slugs_in_use(slugs)
    return set(rows.filter(slug__in=slugs).values_list("slug", flat=True))


def claim(row: Any, slug: str) -> bool:
    """Whether `slug` is free for `row` (its own are). Needs a transaction, during which the slug stays free."""
    lock([f"{row._meta.db_table} {slug}"])
    return slug not in in_use(type(row), [slug])


def take(base: str, taken: set[str]) -> str:
    """The first of the base's slugs that is not in `taken`, to which it is added."""
    slug = next(slug for slug in [*numbered(base), f"{base}-{chance()}"] if slug not in taken)
    taken.add(slug)
    return slug


def numbered(base: str) -> list[str]:
    return [base, *(f"{base}-{number}" for number in range(2, NUMBERED + 1))]


def base_of(model: Any, text: str, reserved: Collection[str]) -> str:
    room = model._meta.get_field("slug").max_length - 10
    slug = slugify(text)[:room].strip("-_")
    if not slug or slug.isdecimal() or slug in reserved:
        return f"{model._meta.model_name}-{slug or chance()}"
    return slug


def chance() -> str:
    return get_random_string(8, "abcdefghjkmnpqrstuvwxyz23456789")


LOCK = """
SELECT pg_advisory_xact_lock(hash) FROM (
  SELECT DISTINCT hashtextextended(name, 1) AS hash FROM unnest(%s::text[]) AS name ORDER BY hash
) AS ordered
"""


def lock(names: Sequence[str]) -> None:
    """Locks until the transaction ends; always in the same order, so that callers cannot deadlock."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(names)])
