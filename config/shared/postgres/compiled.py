"""Queries that every request asks: compiled once per process, planned once per connection, then only given values.

For such a statement (joins, seventy columns), Django takes longer to write it than PostgreSQL to answer it, and
PostgreSQL longer to plan it. Constant values are part of the text, so that the plan can use them (for a partial index).
"""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.models.query import ModelIterable
from psycopg.sql import Literal

from config.shared.postgres import prepared

Row = TypeVar("Row", bound=models.Model)


class Blank:
    """Stands for a value that is known only when the query runs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        return models.Value(self)


class Compiled(Generic[Row]):
    """`build` makes the query set, with a `Blank` for each value; `rows(name=value)` reads its rows."""

    def __init__(self, build: Callable[[], "models.QuerySet[Row]"]) -> None:
        self.build = build

    @cached_property
    def compiled(self) -> tuple[Any, str, tuple[str, ...]]:
        """The compiler, the statement, and the names of its values in order."""
        queryset = self.build()
        compiler = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        is_composite = compiler.has_composite_fields([expression for expression, *_ in compiler.select])
        compiler.has_composite_fields = lambda expressions: is_composite
        blanks = [isinstance(one, Blank) for one in parameters]
        marks = ["%s" if is_blank else literal(one) for one, is_blank in zip(parameters, blanks, strict=True)]
        text = sql.replace("%%", "%%%%") % tuple(marks)
        return compiler, text, tuple(one.name for one in parameters if isinstance(one, Blank))

    @cached_property
    def converters(self) -> dict[int, Any]:
        compiler, *_ = self.compiled
        return compiler.get_converters([expression for expression, *_ in compiler.select])

    def rows(self, **values: Any) -> list[Row]:
        return list(ModelIterable(Filled(self, values)))  # type: ignore[arg-type]


def literal(value: Any) -> str:
    """A value as SQL text."""
    return Literal(value).as_string().replace("%", "%%")


class Filled:
    """What `ModelIterable` needs of a query set and its query; the compiler is a copy for this thread's connection."""

    def __init__(self, compiled: Compiled[Any], values: dict[str, Any]) -> None:
        compiler, sql, names = compiled.compiled
        filled = [values[name] for name in names]
        self.db = compiler.using
        self._known_related_objects: dict[Any, Any] = {}
        self.compiler = copy.copy(compiler)
        self.compiler.connection = connections[self.db]
        self.compiler.get_converters = lambda expressions: compiled.converters
        self.compiler.execute_sql = lambda *args, **kwargs: [prepared.rows(sql, filled, using=self.db)]

    @property
    def query(self) -> "Filled":
        return self

    def get_compiler(self, using: str) -> Any:
        return self.compiler
