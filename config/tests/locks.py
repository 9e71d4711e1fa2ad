"""Which rows a call locks, and in which order: read from the statements that it sends."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

LOCK = re.compile(r"pg_(?:try_)?advisory_xact_lock|FOR (?:NO KEY )?UPDATE(?: OF (?:\"?(\w+)\"?))?")
FROM = re.compile(r"FROM \"?(\w+)\"?")
ALIASES = {"level": "catalog_stocklevel", "product": "catalog_product"}


def locks_of(call: Callable[[], Any]) -> list[str]:
    """The tables whose rows it locks explicitly, "advisory" for a lock by name; "in order" where the statement sorts them."""
    with CaptureQueriesContext(
        connection,
    ) as sent:
        call()
    return [lock for query in sent.captured_queries for lock in locks_in(query["sql"])]


def locks_in(sql: str) -> Iterator[str]:
    for found in LOCK.finditer(sql):
        if found[0].startswith("pg_"):
            yield "advisory"
            continue
        before = sql[: found.start()]
        table = found[1] or FROM.findall(before)[-1]
        clause = before[before.rindex("SELECT ") :]
        yield ALIASES.get(table, table) + (" in order" if "ORDER BY" in clause else "")
