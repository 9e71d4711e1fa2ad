"""Every refusal of the access table, over HTTP: others' is absent, and nothing changes (OWASP API1, API3, API5)."""

import uuid
from collections.abc import Iterator
from typing import Any

from bench.security.report import Check
from bench.security.wire import Answer, at_once
from config.tests.access.acting import KEY_NEEDED, filled
from config.tests.access.routes import all_acts
from config.tests.access.row import CALLERS, Row
from config.tests.access.rows import ROWS
from config.tests.access.snapshot import snapshot
from config.tests.access.world import FILES

REFUSED = {401, 403, 404}
DOMAINS = ("accounts_", "catalog_", "orders_", "payments_", "social_")
BY_ITSELF = {"payments_catchup"}  # which the worker writes every minute
STRANGERS = {"other", "rival", "suspended"}


def attack(scene: Any) -> Iterator[Check]:
    callers = {name: scene.caller(name) for name in CALLERS}
    cells = [(row, caller) for row in ROWS for caller in CALLERS]
    before = domain_rows()
    refusals = [(row, caller) for row, caller in cells if row.expected[caller] in REFUSED]
    table = Check("access table: what a caller may not do is refused")
    judge(table, scene, callers, refusals)
    table.note = f"{len(cells):,} cells, {len(ROWS)} rows, {len(all_acts())} routes and methods"
    yield table
    after = domain_rows()
    still = Check("access table: a refusal changes no row of any table")
    still.attempts = len(refusals)
    still.violations = [name for name in after if after[name] != before[name]]
    yield still
    strangers = Check("another's object by its id (IDOR) is absent")
    mine = [
        (row, who)
        for row, who in refusals
        if row.expected[who] == 404 and who in STRANGERS and "{" in row.path
    ]
    strangers.attempts = len(mine)
    strangers.violations = [line for line in table.violations if any(str(row) in line for row, _ in mine)]
    yield strangers
    reads = Check("access table: who may read, reads")
    judge(reads, scene, callers, [(r, who) for r, who in cells if not r.writes and r.expected[who] < 400])
    yield reads


def judge(check: Check, scene: Any, callers: Any, cells: list[tuple[Row, str]]) -> None:
    def act(cell: tuple[Row, str]) -> Answer:
        row, caller = cell
        return sent(row, scene.world, callers[caller])

    for (row, caller), answer in zip(cells, at_once(act, cells), strict=True):
        expected = row.expected[caller]
        is_right = answer.status == expected and answer.is_right
        check.tried(
            is_right, f"{row} by {caller}: {answer.status} instead of {expected} {answer.raw[:150]!r}"
        )


def sent(row: Row, world: Any, wire: Any) -> Answer:
    path, body = filled(row.path, world.names).rstrip("/"), filled(row.body, world.names)
    headers = filled(dict(row.headers), world.names)
    if row.method == "POST" and getattr(all_acts().get(row.act), "idempotency", "") in KEY_NEEDED:
        headers["Idempotency-Key"] = uuid.uuid4().hex
    if row.upload:
        name, content = FILES[row.upload]
        return wire.upload(path, row.upload, name, content, "application/octet-stream", **(body or {}))
    return wire.send(row.method, f"/api/v1/{path}".rstrip("/"), body if row.writes else None, **headers)


def domain_rows() -> dict[str, Any]:
    return {
        name: rows for name, rows in snapshot().items() if name.startswith(DOMAINS) and name not in BY_ITSELF
    }
