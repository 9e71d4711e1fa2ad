"""Queries that are asked with every request: built and compiled once a process, then only filled in.

Django spends more on writing such a statement (joins, seventy columns) than PostgreSQL on answering it.
"""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.models.query import ModelIterable

Row = TypeVar("Row", bound=models.Model)


class Blank:
    """Stands for a value that is known when the query is asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        return models.Value(self)


class Compiled(Generic[Row]):
    """`build` makes the query of rows, with a `Blank` where a value goes: `rows(name=value)` reads them."""

    def __init__(self, build: Callable[[], "models.QuerySet[Row]"]) -> None:
        self.build = build

    @cached_property
    def compiled(self) -> tuple[Any, str, tuple[Any, ...]]:
        queryset = self.build()
        compiler = queryset.query.get_compiler(queryset.db)
        return compiler, *compiler.as_sql()

    def rows(self, **values: Any) -> list[Row]:
        return list(ModelIterable(Filled(self, values)))  # type: ignore[arg-type]


class Filled:
    """What an iterable asks of a query set and its query; the compiler is the connection's own copy."""

    def __init__(self, compiled: Compiled[Any], values: dict[str, Any]) -> None:
        compiler, sql, parameters = compiled.compiled
        filled = tuple(values[one.name] if isinstance(one, Blank) else one for one in parameters)
        self.db = compiler.using
        self._known_related_objects: dict[Any, Any] = {}
        self.compiler = copy.copy(compiler)
        self.compiler.connection = connections[self.db]
        self.compiler.as_sql = lambda *args, **kwargs: (sql, filled)

    @property
    def query(self) -> "Filled":
        return self

    def get_compiler(self, using: str) -> Any:
        return self.compiler
