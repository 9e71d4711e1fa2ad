"""Statements that every purchase runs: planned once per connection, then only given their values.

Django's own cursors write the values into the text, so PostgreSQL plans each statement anew: of the 18 ms that an
order's statements took, 11 were planning. These bypass its cursors, but not its connection, its wrappers or its count
of statements.

A write whose result nobody waits for can be deferred (`later`): it is sent with the next statement or with the commit,
in one round trip and in the order of the calls. Nothing can be read, rolled back to or committed before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from django.db import OperationalError, connections, transaction
from psycopg.adapt import Dumper

from config.shared.postgres.wire import COMMIT, Command, Refused, Rows, Values, Wire

STALE = {"0A000", "26000"}  # the plan's result type has changed; the plan does not exist
Meaning = Callable[[psycopg.Error], Exception | None]


def nothing(error: psycopg.Error) -> None:
    """The default `refused`: the error has no special meaning."""


class Untyped(Dumper):
    """An integer whose type PostgreSQL infers from its place in the statement: psycopg would choose one by its size,
    and each mixture of sizes would be a separate plan."""

    oid = 0

    def dump(self, number: int) -> bytes:
        return b"%d" % number


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deferred write: `then` gets its rows; `refused` may turn its error into another exception."""

    command: Command
    sql: str
    then: Callable[[Rows], Any] = list
    refused: Meaning = nothing


def rows(sql: str, values: Values = (), *, using: str = "default") -> Rows:
    """Runs the statement and returns its rows; none if it returns no rows."""
    connection = ready(using, sql)
    run = partial(ask, connection)
    for wrapper in reversed(connection.execute_wrappers):
        run = partial(wrapper, run)
    return run(sql, values, False, {"connection": connection, "cursor": None})


def later(
    sql: str,
    values: Values = (),
    *,
    then: Callable[[Rows], Any] = list,
    refused: Meaning = nothing,
) -> None:
    """Defers the write to the next statement or the commit; outside a transaction, runs it at once."""
    if not connections["default"].in_atomic_block:
        with transaction.atomic():
            later(sql, values, then=then, refused=refused)
        return
    connection = ready("default", sql)
    connection.waiting.append(Waiting(wire_of(connection).command(sql, values), sql, then, refused))


def ready(using: str, sql: str) -> Any:
    connection = connections[using]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    return connection


def ask(connection: Any, sql: str, values: Values, *_: Any) -> Rows:
    wire = wire_of(connection)
    return wire.rows(run(connection, wire, wire.command(sql, values)))


def flush(connection: Any) -> None:
    """Runs the deferred writes now."""
    if connection.waiting:
        run(connection, wire_of(connection))


def commit(connection: Any) -> None:
    """Commits; raises OperationalError if the server rolls back instead, because an earlier error went unreported."""
    wire = wire_of(connection)
    if wire.is_idle and not connection.waiting:
        return
    if run(connection, wire, COMMIT).command_status != b"COMMIT":
        raise OperationalError("The transaction was rolled back.")


def run(connection: Any, wire: Wire, *commands: Command) -> Any:
    """Runs the deferred writes and then `commands`; returns the result of the last."""
    waiting, connection.waiting = connection.waiting, []
    with connection.wrap_database_errors:
        wire.tidy()
        start = wire.begin
        try:
            results = wire.run([*start, *(one.command for one in waiting), *commands])
        except Refused as refusal:
            place = refusal.place - len(start)
            results = again(
                connection, wire, commands, refusal, waiting[place] if 0 <= place < len(waiting) else None
            )
    for one, result in zip(waiting, results[len(start) :], strict=False):
        one.then(wire.rows(result))
    return results[-1]


def again(
    connection: Any, wire: Wire, commands: Sequence[Command], refusal: Refused, culprit: Waiting | None
) -> list[Any]:
    """Handles a plan made stale by a migration: retries outside a transaction, inside one raises OperationalError."""
    if refusal.error.sqlstate in STALE:
        wire.plans.clear()
        if wire.is_idle:
            return once_more(wire, commands)
        raise OperationalError(
            "The plan of a statement is out of date."
        ) from refusal.error  # a 503, so the client retries
    if culprit and (meant := culprit.refused(refusal.error)):
        raise meant from refusal.error
    raise refusal.error


def once_more(wire: Wire, commands: Sequence[Command]) -> list[Any]:
    try:
        return wire.run(commands)
    except Refused as refusal:
        raise refusal.error from None


def wire_of(connection: Any) -> Wire:
    """The connection's wire, made at first use."""
    wire: Wire | None = getattr(connection.connection, "wire", None)
    if wire is None:
        context = psycopg.Cursor(connection.connection)
        context.adapters.register_dumper(int, Untyped)
        wire = connection.connection.wire = Wire(connection.connection, context, "prepared")
    return wire
