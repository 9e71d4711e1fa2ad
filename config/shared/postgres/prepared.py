"""Statements that every purchase runs: planned once a connection, and then only given their values.

Django's own cursors write the values into the text, so PostgreSQL plans each anew: of the 18 ms that an order's statements
took there, 11 were planning. These go past its cursors, but not past its connection, its wrappers or its count of statements.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import psycopg
from django.db import NotSupportedError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import Dumper

Values = Sequence[Any] | Mapping[str, Any]


class Untyped(Dumper):
    """An integer, whose type PostgreSQL takes from its place: psycopg would name one by its size, and each mixture of sizes
    would be a statement of its own."""

    oid = 0

    def dump(self, number: int) -> bytes:
        return b"%d" % number


def rows(sql: str, values: Values = (), *, using: str = "default") -> list[tuple[Any, ...]]:
    """What the statement returns; nothing of one that returns no rows."""
    connection = connections[using]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    run = partial(ask, connection)
    for wrapper in reversed(connection.execute_wrappers):
        run = partial(wrapper, run)
    return run(sql, values, False, {"connection": connection, "cursor": None})


def ask(connection: BaseDatabaseWrapper, sql: str, values: Values, *_: Any) -> list[tuple[Any, ...]]:
    """A migration may have changed a table under the plan: then it is planned anew, after the transaction that it ends."""
    try:
        return execute(connection, sql, values)
    except NotSupportedError as problem:
        if connection.in_atomic_block:  # a 503, to be asked again
            raise OperationalError("The plan of a statement is out of date.") from problem
    connection.connection.execute("DEALLOCATE ALL")  # as a rollback does
    return execute(connection, sql, values)


def execute(connection: BaseDatabaseWrapper, sql: str, values: Values) -> list[tuple[Any, ...]]:
    with connection.wrap_database_errors:
        cursor = cursor_of(connection.connection)
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


def cursor_of(connection: psycopg.Connection[Any]) -> psycopg.Cursor[Any]:
    """The connection's own, which is read out at once."""
    cursor: psycopg.Cursor[Any] | None = getattr(connection, "prepared_cursor", None)
    if cursor is None:
        cursor = psycopg.Cursor(connection)
        cursor.adapters.register_dumper(int, Untyped)
        connection.prepared_cursor = cursor  # type: ignore[attr-defined]
    return cursor
