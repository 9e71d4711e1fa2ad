"""What Stripe does later: asynchronous payments, pending refunds, payouts, expiry. The schedule survives a restart."""

import time
from collections.abc import Callable
from dataclasses import replace

from .call import Call
from .store import Object, Store

Outcome = Callable[[Call, Object], None]
_outcomes: dict[str, Outcome] = {}

NEXT_DUE = """
SELECT min(due) FROM (
    SELECT min(due) AS due FROM outcomes
    UNION ALL
    SELECT min(json_extract(data, '$.available_on')) FROM objects
    WHERE type = 'balance_transaction' AND json_extract(data, '$.status') = 'pending')
"""
RELEASE_FUNDS = """
UPDATE objects SET data = json_set(data, '$.status', 'available')
WHERE type = 'balance_transaction' AND json_extract(data, '$.status') = 'pending'
    AND json_extract(data, '$.available_on') <= ?
"""


def outcome(handler: Outcome) -> Outcome:
    """Makes a function available to `schedule`, which stores it by its name."""
    _outcomes[handler.__name__] = handler
    return handler


def schedule(call: Call, handler: Outcome, subject: Object, *, due: float | None = None) -> None:
    """Schedules at `due` (Unix time), by default after the stand-in's short delay."""
    due = time.time() + call.settle_after if due is None else due
    sql = "INSERT INTO outcomes (due, action, object) VALUES (?, ?, ?)"
    call.store.db.execute(sql, (due, handler.__name__, subject["id"]))


def run_due(call: Call, *, until: float) -> int:
    """Fires what is due by then, each in its own transaction; returns how many."""
    release_funds(call.store, until)
    rows = call.store.db.execute(
        "SELECT id, action, object FROM outcomes WHERE due <= ? ORDER BY due, id", (until,)
    )
    pending = rows.fetchall()
    for row in pending:
        _fire(call, *row)
    return len(pending)


def next_due(store: Store) -> float | None:
    due: float | None = store.db.execute(NEXT_DUE).fetchone()[0]
    return due


def release_funds(store: Store, until: float) -> None:
    """Pending funds become available on their day (which the stand-in's delay shortens)."""
    store.db.execute(RELEASE_FUNDS, (until,))


def _fire(call: Call, row: int, action: str, identifier: str) -> None:
    with call.store.transaction():
        call.store.db.execute("DELETE FROM outcomes WHERE id = ?", (row,))
        subject = call.store.find(identifier)
        if subject is not None:
            _outcomes[action](replace(call, account=call.store.account_of(identifier)), subject)
