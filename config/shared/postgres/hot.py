"""Reads that are asked so often that composing and planning them would cost more than they do.

Their statements are written by hand and prepared once a connection; the values travel beside them. They go past Django's
cursors, but not past its connection: it opens and closes it, and its count of statements (in tests) includes these.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.datetime import TimestamptzLoader


class HotCursor(psycopg.Cursor):
    """Django's own loader of times is Python's, and took half of the time of a page's rows; sessions speak UTC anyway."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__(connection)
        self.adapters.register_loader("timestamptz", TimestamptzLoader)


def rows(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    with connection.wrap_database_errors, HotCursor(connection.connection) as cursor:
        return cursor.execute(sql, values).fetchall()
