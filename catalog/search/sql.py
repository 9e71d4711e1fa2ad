"""Parts of hand-written statements that come from the ORM."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Sql = tuple[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class TsQuery:
    """A text-search query as SQL: the ORM needs longer to compile it than the database to run it."""

    sql: str
    values: tuple[str, ...]

    def __and__(self, other: "TsQuery") -> "TsQuery":
        return TsQuery(f"({self.sql} && {other.sql})", self.values + other.values)

    def __or__(self, other: "TsQuery") -> "TsQuery":
        return TsQuery(f"({self.sql} || {other.sql})", self.values + other.values)

    @property
    def of_orm(self) -> SearchQuery:
        """The same query for a queryset."""
        return WrittenQuery(self)


class WrittenQuery(SearchQuery):
    def __init__(self, written: TsQuery) -> None:
        super().__init__("")
        self.written = written

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, list[Any]]:
        return self.written.sql, list(self.written.values)


def web(text: str) -> TsQuery:
    """Search-box syntax: words, "a phrase", -without, or."""
    return TsQuery("websearch_to_tsquery('souk', %s)", (text,))


def plain(text: str) -> TsQuery:
    return TsQuery("plainto_tsquery('souk', %s)", (text,))


def raw(text: str) -> TsQuery:
    """tsquery's own syntax."""
    return TsQuery("to_tsquery('souk', %s)", (text,))


def among(rows: QuerySet) -> Sql:
    """The rows as a subquery."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL WHERE false", []


def one(sql: str, values: Sequence[Any]) -> Sequence[Any]:
    """The only row that a statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def loaded(value: Any) -> Any:
    """Parses a JSON column of a raw statement, which Django returns as text."""
    return orjson.loads(value) if isinstance(value, str) else value
