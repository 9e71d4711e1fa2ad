"""Finds the row that a path or a body names, by its id or by a text such as its slug."""

from typing import Any

from django.db.models import Q, QuerySet

from config.shared.errors import NotFound


def is_id(text: str) -> bool:
    """Whether a text can be a primary key; slugs and order numbers never consist of digits alone."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def named(value: str, *, alternative: str = "slug", prefix: str = "") -> Q:
    """The condition for an id, or otherwise for the unique column `alternative`; `prefix` is a path over relations."""
    if is_id(value):
        return Q(**{f"{prefix}pk": value})
    if not alternative or "\x00" in value:
        return Q(pk__in=[])
    return Q(**{f"{prefix}{alternative}": value})


def find(rows: QuerySet, value: str, *, alternative: str = "slug") -> Any:
    """The row with that id or name; raises NotFound."""
    row = rows.filter(named(value, alternative=alternative)).first()
    if row is None:
        raise NotFound
    return row
