"""Statements that every purchase runs: planned once a connection, and then only given their values.

Django's own cursors write the values into the text, so PostgreSQL plans each anew: of the 18 ms that an order's statements
took there, 11 were planning. These go past its cursors, but not past its connection, its wrappers or its count of statements.

A write whose answer nobody waits for is put off (`later`): it goes along with the next statement that is asked, or with the
commit, in one round trip and in the order in which all were given. Nothing can be read, rolled back to or committed before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from django.db import OperationalError, connections, transaction
from psycopg.adapt import Dumper

from config.shared.postgres.wire import COMMIT, Command, Refused, Rows, Values, Wire

STALE = {"0A000", "26000"}  # the plan's result has changed its type; there is no such plan
Meaning = Callable[[psycopg.Error], Exception | None]


def nothing(error: psycopg.Error) -> None:
    """An error that means nothing in particular."""


class Untyped(Dumper):
    """An integer, whose type PostgreSQL takes from its place: psycopg would name one by its size, and each mixture of sizes
    would be a statement of its own."""

    oid = 0

    def dump(self, number: int) -> bytes:
        return b"%d" % number


@dataclass(frozen=True, slots=True)
class Waiting:
    """A write that was put off: `then` gets its rows, `refused` says what its error means, if it knows."""

    command: Command
    sql: str
    then: Callable[[Rows], Any] = list
    refused: Meaning = nothing


def rows(sql: str, values: Values = (), *, using: str = "default") -> Rows:
    """What the statement returns; nothing of one that returns no rows."""
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
    """Runs the write with the next statement or the commit; outside a transaction, at once."""
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
    """What was put off is done now."""
    if connection.waiting:
        run(connection, wire_of(connection))


def commit(connection: Any) -> None:
    """Raises OperationalError where the server answers with a rollback: something failed, and nobody said so."""
    wire = wire_of(connection)
    if wire.is_idle and not connection.waiting:
        return
    if run(connection, wire, COMMIT).command_status != b"COMMIT":
        raise OperationalError("The transaction was rolled back.")


def run(connection: Any, wire: Wire, *commands: Command) -> Any:
    """What was put off, and then these; the result of the last."""
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
    """A migration may have changed a table under the plan: then it is planned anew, after the transaction that it ends."""
    if refusal.error.sqlstate in STALE:
        wire.plans.clear()
        if wire.is_idle:
            return once_more(wire, commands)
        raise OperationalError(
            "The plan of a statement is out of date."
        ) from refusal.error  # a 503, to be asked again
    if culprit and (meant := culprit.refused(refusal.error)):
        raise meant from refusal.error
    raise refusal.error


def once_more(wire: Wire, commands: Sequence[Command]) -> list[Any]:
    try:
        return wire.run(commands)
    except Refused as refusal:
        raise refusal.error from None


def wire_of(connection: Any) -> Wire:
    """The connection's own."""
    wire: Wire | None = getattr(connection.connection, "wire", None)
    if wire is None:
        context = psycopg.Cursor(connection.connection)
        context.adapters.register_dumper(int, Untyped)
        wire = connection.connection.wire = Wire(connection.connection, context, "prepared")
    return wire
