"""The table. Adding a route is one line in the file of its domain."""

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
