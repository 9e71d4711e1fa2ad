"""A marketplace's past for growth.py: one order that went all its way, copied inside PostgreSQL with all that hangs on it."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

# Beside the order, what refers to it: a table and which of its rows, in the order in which they refer to each other.
TABLES = {
    "orders_order": "id = %(order)s",
    "orders_orderpart": "order_id = %(order)s",
    "orders_orderitem": "order_id = %(order)s",
    "orders_orderevent": "order_id = %(order)s",
    "orders_shipment": "part_id IN (SELECT id FROM orders_orderpart WHERE order_id = %(order)s)",
    "orders_shipmentitem": "item_id IN (SELECT id FROM orders_orderitem WHERE order_id = %(order)s)",
    "orders_document": "order_id = %(order)s",
    "payments_payment": "order_id = %(order)s",
    "payments_ledgertransaction": "order_id = %(order)s",
    "payments_ledgerentry": "order_id = %(order)s",
    "social_notification": "order_id = %(order)s",
    "shared_eventrecord": "data->>'order' = %(order)s::text",
}
SECONDS = 20  # between two orders of the past
# Every tenth order is the busy seller's, every hundredth the one customer's; the others are guests'.
BUSY, REGULAR = 10, 100
SELLER = f"CASE WHEN n %% {BUSY} = 0 THEN t.seller_id ELSE (%(others)s::bigint[])[1 + n %% cardinality(%(others)s::bigint[])] END"
COLUMNS = {
    ("orders_order", "user_id"): f"CASE WHEN n %% {REGULAR} = 0 THEN t.user_id END",
    ("orders_orderpart", "seller_id"): SELLER,
    ("payments_ledgerentry", "seller_id"): f"CASE WHEN t.seller_id IS NOT NULL THEN {SELLER} END",
    ("payments_ledgertransaction", "reference"): "t.reference || ':' || n",
    ("payments_payment", "token"): "gen_random_uuid()",
}
ONLY = {"social_notification": f"n %% {REGULAR} = 0"}
COUNTERS = (
    "DELETE FROM payments_ledgerclosing",  # of days in which more has happened now
    "UPDATE shared_eventhead SET position = (SELECT max(position) FROM shared_eventrecord)",
    "UPDATE shared_logreader SET position = (SELECT max(position) FROM shared_eventrecord)",  # they read it at the time
    "UPDATE orders_documentcounter c SET last = (SELECT max(sequence) FROM orders_document d WHERE d.kind = c.series)",
)
TIMES = {"timestamp with time zone"}


@dataclass
class Past:
    """Copies `order` (its primary key) `times` times, older with every number below the last."""

    order: int
    times: int
    others: list[int]  # sellers
    places: dict[str, tuple[int, list[int]]] = field(
        default_factory=dict
    )  # by table: first new id, ids of the pattern

    def write(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL session_replication_role = replica"
            )  # what is copied has passed the checks
            for table in TABLES:
                self.copy(cursor, table)
            for statement in COUNTERS:
                cursor.execute(statement)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")

    def copy(self, cursor: Any, table: str) -> None:
        given = {"order": self.order, "others": self.others}
        cursor.execute(f"SELECT id FROM {table} WHERE {TABLES[table]} ORDER BY id", given)
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        [sequence] = cursor.fetchone()
        cursor.execute("SELECT nextval(%s)", [sequence])
        self.places[table] = (cursor.fetchone()[0], ids)
        cursor.execute("SELECT setval(%s, nextval(%s) + %s)", [sequence, sequence, len(ids) * self.times])
        columns = self.columns(cursor, table)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(columns.values())}"
            f" FROM generate_series(1, {self.times}) n JOIN {table} t ON t.id = ANY(%(ids)s)"
            f" WHERE {ONLY.get(table, 'true')} ORDER BY n, t.id",
            given | {"ids": ids},
        )

    def columns(self, cursor: Any, table: str) -> dict[str, str]:
        """By column what a copy has in it."""
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", [table]
        )  # fmt: skip
        types = dict(cursor.fetchall())
        cursor.execute(
            "SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid"
            " AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.conrelid = %s::regclass", [table]
        )  # fmt: skip
        refers = {column: to for column, to in cursor.fetchall() if to in self.places}
        return {name: self.value(table, name, kind, refers.get(name)) for name, kind in types.items()}

    def value(self, table: str, name: str, kind: str, refers: str | None) -> str:
        if (table, name) in COLUMNS:
            return COLUMNS[table, name]
        if name == "id" or refers:
            return self.moved(refers or table, name)
        if name in {"position", "sequence"}:
            return self.moved(table, "id")
        if (table, name) == ("orders_order", "number"):  # sixteen characters at most, and no other's
            return f"'P' || ({self.moved(table, 'id')})"
        if kind in TIMES:
            return f"t.{name} - make_interval(secs => {SECONDS} * ({self.times} - n + 1))"
        return f"t.{name}"

    def moved(self, table: str, column: str) -> str:
        first, ids = self.places[table]
        return f"{first} + (n - 1) * {len(ids)} + array_position(ARRAY{ids}::bigint[], t.{column}) - 1"
