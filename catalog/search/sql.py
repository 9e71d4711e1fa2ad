"""Parts of hand-written statements that the ORM supplies."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from catalog.models import SearchEntry

Sql = tuple[str, Sequence[Any]]


def among(rows: QuerySet) -> Sql:
    """The rows as a subquery."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL WHERE false", []


def matching(query: Any) -> Sql:
    """A text-search query of the ORM's."""
    entries = SearchEntry.objects.all().query
    return entries.get_compiler("default").compile(query.resolve_expression(entries))


def one(sql: str, values: Sequence[Any]) -> Sequence[Any]:
    """The only row of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def loaded(value: Any) -> Any:
    """A JSON column of a raw statement, which Django leaves a text."""
    return orjson.loads(value) if isinstance(value, str) else value
