"""Django's PostgreSQL back end with one addition: what triggers report by NOTICE during a transaction is passed to a
guard just before the commit and just after it. A trigger sees every write, whatever code path it took, but the database
itself cannot act outside before it commits.
"""

import contextlib
import re
import select
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DatabaseError, transaction
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction

from config.shared.postgres import prepared
from config.shared.postgres.guards import GUARDED_TABLES, GUARDS

WRITE = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|WITH\b.*\b(INSERT|UPDATE|DELETE))\b", re.I | re.S
)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: dict[str, list[str]] = {}
        self.waiting: list[prepared.Waiting] = []
        self.execute_wrappers.append(self.in_transaction)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        self.told, self.waiting = {}, []
        connection.add_notice_handler(self.hear)
        return connection

    def is_usable(self) -> bool:
        """Asks the server only if the socket has input, which it has if the server went away and closed it."""
        with contextlib.suppress(OSError, ValueError, psycopg.Error):
            if self.connection is not None and not select.select([self.connection.fileno()], [], [], 0)[0]:
                return self.connection.pgconn.status == psycopg.pq.ConnStatus.OK
        return super().is_usable()

    def _close(self) -> Any:
        if self.connection is not None:  # a pool reuses the connection elsewhere
            self.connection.remove_notice_handler(self.hear)
        return super()._close()

    def _cursor(self, name: str | None = None) -> Any:
        """Runs deferred writes first: a COPY does not pass through the execute wrappers."""
        prepared.flush(self)
        return super()._cursor(name)

    def hear(self, diagnostic: Any) -> None:
        if diagnostic.message_primary in GUARDS:
            self.told.setdefault(diagnostic.message_primary, []).append(diagnostic.message_detail or "")

    def _commit(self) -> Any:
        """Sends deferred writes along with the commit, or before it if a guard may have to hear of them."""
        if self.connection is None:
            return
        try:
            if any(is_guarded(one.sql) for one in self.waiting):
                prepared.flush(self)
            told, self.told = self.told, {}
            for name, details in told.items():
                GUARDS[name].before_commit(details)
            with debug_transaction(self, "COMMIT"):
                prepared.commit(self)
        except BaseException:
            # Django rolls back only after a database error, and keeps the hooks for the next commit.
            self.run_on_commit = []
            self._rollback()
            raise
        for name, details in told.items():
            GUARDS[name].after_commit(details)

    def _rollback(self) -> Any:
        self.told, self.waiting = {}, []
        return super()._rollback()

    def _savepoint_commit(self, sid: str) -> None:
        try:
            super()._savepoint_commit(sid)
        except DatabaseError:
            raise
        except Exception:  # as above: code that understands the error may continue the outer transaction
            self.savepoint_rollback(sid)
            raise

    def _savepoint_rollback(self, sid: str) -> None:
        self.waiting = []  # savepoint statements flush deferred writes, so those that still wait are newer
        super()._savepoint_rollback(sid)

    def in_transaction(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Wraps a guarded write in autocommit mode in a transaction; deferred writes go before a cursor's statement."""
        if context["cursor"] is not None:
            prepared.flush(self)
        if self.in_atomic_block or not is_guarded(sql) or not self.get_autocommit():
            return execute(sql, params, many, context)
        with transaction.atomic(using=self.alias):
            return execute(sql, params, many, context)


def is_guarded(sql: Any) -> bool:
    return isinstance(sql, str) and writes_guarded(sql)


@lru_cache(1024)
def writes_guarded(sql: str) -> bool:
    return WRITE.match(sql) is not None and any(table in sql for table in GUARDED_TABLES)
