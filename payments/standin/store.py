"""The stand-in's state in one SQLite database.

Committed data survives `kill -9`: in WAL mode every commit has reached the operating system. (Only a power failure
could lose the last commits, which a stand-in may afford.)
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

Object = dict[str, Any]

# Look-ups whose time must not grow with the number of objects, besides the newest-first order of every list.
# An index on one type costs nothing when another type is written.
INDEXED = {
    "balance_transaction": ("source",),
    "charge": ("customer", "payment_intent", "transfer_group"),
    "checkout.session": ("customer", "payment_intent"),
    "customer": ("email",),
    "dispute": ("charge", "payment_intent"),
    "event": ("type",),
    "item": ("_session",),
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "refund": ("charge", "payment_intent"),
    "setup_intent": ("customer", "payment_method"),
    "transfer": ("destination", "source_transaction", "transfer_group"),
    "transfer_reversal": ("transfer",),
}

CHECKPOINT_PAGES = 10_000  # 40 MB: during a checkpoint everybody waits for the disk

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, type TEXT NOT NULL,
    created INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (account, type, seq);
CREATE INDEX IF NOT EXISTS objects_funds ON objects (
    account, json_extract(data, '$.currency'), json_extract(data, '$.status'), json_extract(data, '$.net'))
    WHERE type = 'balance_transaction';
CREATE INDEX IF NOT EXISTS objects_pending_funds ON objects (json_extract(data, '$.available_on'))
    WHERE type = 'balance_transaction' AND json_extract(data, '$.status') = 'pending';
CREATE TABLE IF NOT EXISTS answers (
    account TEXT, key TEXT, path TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
    created INTEGER NOT NULL, PRIMARY KEY (account, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, receiver TEXT NOT NULL, created REAL NOT NULL,
    due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'pending');
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS outcomes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outcomes_due ON outcomes (due);
"""
# The account of the process's own configuration, distinct from every account of the API.
CONFIGURED = "configured"


def field(name: str) -> str:
    """The SQL for a top-level field; always written the same way, so that the expression indexes match."""
    return f"json_extract(data, '$.{name}')"


def dump(data: Object) -> str:
    return orjson.dumps(data).decode()


class Store:
    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        self.db.executescript(SCHEMA)
        for kind, names in INDEXED.items():
            for name in names:
                self.db.execute(
                    f"CREATE INDEX IF NOT EXISTS objects_{kind.replace('.', '_')}_{name} "
                    f"ON objects (account, {field(name)}, seq) WHERE type = '{kind}'"
                )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A savepoint within the transaction: a failure inside rolls back only its own changes."""
        self.db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO attempt")
            raise
        finally:
            self.db.execute("RELEASE attempt")

    def insert(self, data: Object, account: str) -> None:
        self.db.execute(
            "INSERT INTO objects (id, account, type, created, data) VALUES (?, ?, ?, ?, ?)",
            (data["id"], account, data["object"], data["created"], dump(data)),
        )

    def save(self, data: Object) -> None:
        self.db.execute("UPDATE objects SET data = ? WHERE id = ?", (dump(data), data["id"]))

    def remove(self, stub: Object) -> None:
        """Keeps only `{id, object, deleted}`: Stripe still answers for a deleted object, but no list contains it."""
        self.db.execute("UPDATE objects SET data = ?, deleted = 1 WHERE id = ?", (dump(stub), stub["id"]))

    def find(self, identifier: str, kind: str | None = None, account: str | None = None) -> Object | None:
        """The current object, deleted or not; None if absent, of another kind or another account's."""
        row = self.db.execute(
            "SELECT type, account, data FROM objects WHERE id = ?", (identifier,)
        ).fetchone()
        if row is None or kind not in (None, row[0]) or account not in (None, row[1]):
            return None
        data: Object = orjson.loads(row[2])
        return data

    def account_of(self, identifier: str) -> str:
        row = self.db.execute("SELECT account FROM objects WHERE id = ?", (identifier,)).fetchone()
        return str(row[0])

    def page(
        self,
        kind: str,
        account: str,
        *,
        where: Mapping[str, Any] = {},
        created: Mapping[str, int] = {},
        limit: int = 10,
        after: str | None = None,
        before: str | None = None,
    ) -> tuple[list[Object], bool]:
        """Newest first, and whether there is more. `after` and `before` are ids; values of `where` may be lists."""
        conditions, values = _conditions(where, created)
        if cursor := after or before:
            conditions += f" AND seq {'<' if after else '>'} ?"
            values += self.db.execute("SELECT seq FROM objects WHERE id = ?", (cursor,)).fetchone()
        conditions = f"account = ? AND type = '{kind}' AND deleted = 0{conditions}"
        order = "ASC" if before else "DESC"
        # Only names from this package are put into the statement; the caller's values are bound.
        statement = f"SELECT data FROM objects WHERE {conditions} ORDER BY seq {order} LIMIT ?"  # noqa: S608  # nosec B608
        rows = self.db.execute(statement, (account, *values, limit + 1)).fetchall()
        found = [orjson.loads(row[0]) for row in rows[:limit]]
        return found[::-1] if before else found, len(rows) > limit

    def every(self, kind: str, account: str, **where: Any) -> list[Object]:
        return self.page(kind, account, where=where, limit=1_000_000)[0]

    def clear(self) -> None:
        """Deletes everything but the configuration."""
        self.db.execute("DELETE FROM objects WHERE account != ?", (CONFIGURED,))
        for statement in ("DELETE FROM answers", "DELETE FROM deliveries", "DELETE FROM outcomes"):
            self.db.execute(statement)


_COMPARISONS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _conditions(where: Mapping[str, Any], created: Mapping[str, int]) -> tuple[str, list[Any]]:
    sql, values = "", []
    for name, value in where.items():
        options = value if isinstance(value, list) else [value]
        sql += f" AND {field(name)} IN ({', '.join('?' * len(options))})"
        values += options
    for bound, moment in created.items():
        sql += f" AND created {_COMPARISONS[bound]} ?"
        values.append(moment)
    return sql, values
