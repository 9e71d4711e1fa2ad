"""Reads so frequent that composing and planning them would cost more than running them.

Their statements are written by hand and prepared once per connection; the values are sent separately. They bypass
Django's cursors but not its connection: Django opens and closes it, and counts them as statements (in tests).
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

from config.shared.postgres import prepared
from config.shared.postgres.wire import Rows, Wire


def rows(sql: str, values: Sequence[Any] = ()) -> Rows:
    prepared.ready("default", sql)
    wire = wire_of(connection.connection)
    return wire.rows(prepared.run(connection, wire, wire.command(sql, values)))


def wire_of(connection: Any) -> Wire:
    """Loads times in C: Django's loader is Python and took half the time of a page's rows. Sessions use UTC anyway."""
    wire: Wire | None = getattr(connection, "hot_wire", None)
    if wire is None:
        context = psycopg.Cursor(connection)
        context.adapters.register_loader("timestamptz", TimestamptzLoader)
        wire = connection.hot_wire = Wire(connection, context, "hot")
    return wire
