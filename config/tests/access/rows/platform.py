"""Routes of no domain."""

from config.tests.access.row import row

ROWS = [
    #                                    guest cust. other sell. rival susp. admin
    row("GET /", "200 200 200 200 200 200 200"),
    row("GET events", "200 200 200 200 200 200 200"),
]
