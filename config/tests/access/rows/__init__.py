"""The table. Adding a route is one line in the file of its domain."""

import json
from collections.abc import Iterable

from config.tests.access.row import Row
from config.tests.access.rows import accounts, catalog, orders, payments, platform, social

ROWS: list[Row] = [
    *platform.ROWS,
    *accounts.ROWS,
    *catalog.ROWS,
    *orders.ROWS,
    *payments.ROWS,
    *social.ROWS,
]


def one_row_an_act(rows: Iterable[Row]) -> list[Row]:
    """Of each act the row with the largest body that somebody may send."""
    best = {row.act: row for row in sorted(rows, key=lambda row: len(json.dumps(row.body))) if row.allowed}
    return list(best.values())


JSON_WRITES = one_row_an_act(row for row in ROWS if row.takes_json)
READS = one_row_an_act(row for row in ROWS if not row.writes)
WITH_PARAMETERS = one_row_an_act(row for row in ROWS if "{" in row.path)
