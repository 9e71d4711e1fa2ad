"""Keyset pagination: a deep page costs as little as the first, and inserts neither repeat nor hide a row.

A view declares `sorts = {"created_at": "created_at", "price": "price_amount"}` (public name → column, never null)
and `default_sort = "-created_at"`; the primary key breaks ties in the same direction, so one composite index
serves a sort both ways.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.db import models
from django.db.models import F, Func, QuerySet, Value
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.api import params
from config.shared.encoding import to_json

COUNT_CAP = 10_000
PARAMETERS = ("cursor", "limit", "sort", "count", "fields")


class RowCompare(Func):
    """`(a, b) < (x, y)`: a row comparison, which an index on (a, b) answers directly."""

    arity = None
    output_field = models.BooleanField()
    conditional = True

    def __init__(self, columns: list[Any], values: list[Any], operator: str) -> None:
        super().__init__(*columns, *values)
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        compiled = [compiler.compile(expression) for expression in self.source_expressions]
        half = len(compiled) // 2
        left, right = (", ".join(sql for sql, _ in side) for side in (compiled[:half], compiled[half:]))
        return f"({left}) {self.operator} ({right})", [value for _, values in compiled for value in values]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a sorted list: the sort, the sort key's values there, and the direction of the page."""

    sort: str
    values: list[Any]
    backwards: bool = False

    def encode(self) -> str:
        body = to_json([self.sort, self.values, self.backwards])
        return base64.urlsafe_b64encode(signature(body) + body).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raises 400 for a cursor that this service did not make."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) < 9 or not hmac.compare_digest(raw[:8], signature(raw[8:])):
            raise params.refuse("cursor", "This cursor is not one of ours.", "invalid_cursor")
        return cls(*orjson.loads(raw[8:]))


def signature(body: bytes) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"cursor" + body, sha256)[:8]


class KeysetPagination(BasePagination):
    default_limit, max_limit = 20, 100

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: Any = None) -> list[Any]:
        query = request.query_params
        self.request, self.view = request, view
        self.limit = params.integer(query, "limit", self.default_limit, least=1, most=self.max_limit)
        self.sort = self.read_sort(query.get("sort"), view)
        self.cursor = self.read_cursor(query.get("cursor"))
        self.count = self.how_many(queryset) if params.flag(query, "count") else None
        rows = self.fetch(queryset)
        self.more = len(rows) > self.limit
        rows = rows[: self.limit]
        self.rows = rows[::-1] if self.backwards else rows
        return self.rows

    def fetch(self, queryset: QuerySet) -> list[Any]:
        """The rows of the page, plus one if there are more."""
        return list(self.window(queryset)[: self.limit + 1])

    def how_many(self, queryset: QuerySet) -> int:
        """The number of rows, counted no further than one beyond the cap."""
        return queryset.order_by()[: COUNT_CAP + 1].count()

    @property
    def backwards(self) -> bool:
        return self.cursor is not None and self.cursor.backwards

    def read_sort(self, asked: str | None, view: Any) -> str:
        sort = view.default_sort if asked is None else asked
        if sort.removeprefix("-") not in view.sorts:
            raise params.refuse("sort", f"Must be one of {', '.join(view.sorts)}, with - for descending.")
        return sort

    def read_cursor(self, text: str | None) -> Cursor | None:
        if text is None:
            return None
        cursor = Cursor.decode(text)
        if self.request.query_params.get("sort") is None:
            self.sort = cursor.sort
        if cursor.sort != self.sort:
            raise params.refuse("cursor", "This cursor belongs to another sort.", "invalid_cursor")
        return cursor

    @property
    def columns(self) -> list[str]:
        column = self.view.sorts[self.sort.removeprefix("-")]
        return [column] if column in {"id", "pk"} else [column, "id"]

    def window(self, queryset: QuerySet) -> QuerySet:
        descending = self.sort.startswith("-") != self.backwards
        order = [f"-{column}" if descending else column for column in self.columns]
        if self.cursor is None:
            return queryset.order_by(*order)
        values = [
            Value(restored(value, queryset, column))
            for value, column in zip(self.cursor.values, self.columns, strict=True)
        ]
        beyond = RowCompare([F(column) for column in self.columns], values, "<" if descending else ">")
        return queryset.filter(beyond).order_by(*order)

    def get_paginated_response(self, data: Any) -> Response:
        has_next, has_previous = neighbours(self.rows, more=self.more, cursor=self.cursor)
        body = {
            "results": data,
            "next": self.link(self.rows[-1], backwards=False) if has_next else None,
            "previous": self.link(self.rows[0], backwards=True) if has_previous else None,
        }
        if self.count is not None:
            body |= {"count": min(self.count, COUNT_CAP), "count_capped": self.count > COUNT_CAP}
        return Response(body)

    def link(self, row: Any, *, backwards: bool) -> str:
        values = [value_of(row, column) for column in self.columns]
        return link(
            self.request.path, self.request.query_params.lists(), Cursor(self.sort, values, backwards)
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri-reference"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": link,
                "previous": link,
                "count": {"type": "integer", "maximum": COUNT_CAP, "description": "with `count=true`"},
                "count_capped": {"type": "boolean"},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        sorts = [f"{sign}{name}" for name in getattr(view, "sorts", {}) for sign in ("", "-")]
        return [
            query_parameter("cursor", {"type": "string"}, "From `next` or `previous`."),
            query_parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": self.max_limit, "default": self.default_limit},
                "Rows a page.",
            ),
            query_parameter("sort", {"type": "string", "enum": sorts}, "`-` for descending."),
            query_parameter("count", {"type": "boolean"}, f"Adds `count`, capped at {COUNT_CAP}."),
            query_parameter("fields", {"type": "string"}, "Comma-separated: trims each row to these."),
        ]


def neighbours(rows: Sequence[Any], *, more: bool, cursor: Cursor | None) -> tuple[bool, bool]:
    """Whether there is a page after this one, and one before it."""
    backwards = cursor is not None and cursor.backwards
    return bool(rows) and (more or backwards), bool(rows) and (more if backwards else cursor is not None)


def link(path: str, query: Iterable[tuple[str, list[str]]], cursor: Cursor) -> str:
    """The same query at another cursor. A path (no host): it is right behind any proxy."""
    given = [pair for pair in sorted(query) if pair[0] != "cursor"]
    return f"{path}?{urlencode([*given, ('cursor', cursor.encode())], doseq=True)}"


def query_parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def value_of(row: Any, column: str) -> Any:
    return row[column] if isinstance(row, dict) else getattr(row, column)


def restored(value: Any, queryset: QuerySet, column: str) -> Any:
    """A cursor's JSON value as the column's type (times and rates travel as texts)."""
    field = next((f for f in queryset.model._meta.concrete_fields if f.name == column), None)
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(field, models.DateField):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(field, models.DecimalField) else value
