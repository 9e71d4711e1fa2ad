"""Slugs: they stand in a path where an id may stand, so they are never digits alone nor a path's own word."""

from collections.abc import Collection
from typing import Any

from django.db import connection, models
from django.utils.crypto import get_random_string
from django.utils.text import slugify

RESERVED = frozenset({"my", "create", "import", "export", "me", "apply"})
NUMBERED = 9  # how many of one name get a readable number; beyond, letters by chance


def unique_slug(model: type[models.Model], text: str, *, reserved: Collection[str] = RESERVED) -> str:
    """A free slug for a row of `model` named `text`.

    Needs a transaction: until it ends, others who want the same slug wait.
    """
    base = base_of(model, text, reserved)
    lock(f"{model._meta.db_table} {base}")
    wanted = [base, *(f"{base}-{number}" for number in range(2, NUMBERED + 1)), f"{base}-{chance()}"]
    taken = set(model._default_manager.filter(slug__in=wanted).values_list("slug", flat=True))  # type: ignore[misc]
    return next(slug for slug in wanted if slug not in taken)


def base_of(model: Any, text: str, reserved: Collection[str]) -> str:
    room = model._meta.get_field("slug").max_length - 10
    slug = slugify(text)[:room].strip("-_")
    if not slug or slug.isdecimal() or slug in reserved:
        return f"{model._meta.model_name}-{slug or chance()}"
    return slug


def chance() -> str:
    return get_random_string(8, "abcdefghjkmnpqrstuvwxyz23456789")


def lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [name])
