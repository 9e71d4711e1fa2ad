"""Every route and method against every role, the owner and a stranger (OWASP API1, API5).

A refusal is a problem document, and nothing has changed: not one row of one table.
"""

from collections import Counter
from typing import Any

from config.tests.access.acting import act, is_problem, undone
from config.tests.access.routes import all_acts
from config.tests.access.row import CALLERS, Row
from config.tests.access.rows import ROWS
from config.tests.access.snapshot import Snapshot, changed, snapshot
from config.tests.access.world import World


def test_the_table_is_the_whole_api() -> None:
    """A route or method without a row is a hole; a row without a route is a lie."""
    known, listed = all_acts().keys(), {row.act for row in ROWS}

    assert {"missing": sorted(known - listed), "made up": sorted(listed - known)} == {
        "missing": [],
        "made up": [],
    }


def test_each_act_is_open_to_somebody() -> None:
    """A refusal says something only if the same request of somebody else is carried out."""
    open_acts = {row.act for row in ROWS if row.allowed}

    assert sorted({row.act for row in ROWS} - open_acts) == []


def test_every_cell(world: World, record_property: Any) -> None:
    before = snapshot()
    complaints = [
        found for row in ROWS for caller in CALLERS for found in complaints_of(row, caller, world, before)
    ]
    refused = Counter(status for row in ROWS for status in row.expected.values() if status in {401, 403, 404})
    cells = len(ROWS) * len(CALLERS)

    record_property(
        "access cells", f"{cells} in {len(ROWS)} rows of {len(all_acts())} acts, refused {dict(refused)}"
    )
    assert not complaints, f"{len(complaints)} of {cells} cells:\n" + "\n".join(complaints)


def complaints_of(row: Row, caller: str, world: World, before: Snapshot) -> list[str]:
    with undone():
        response = act(row, world, caller)
        expected, status = row.expected[caller], response.status_code
        found = [] if status == expected else [f"{status} instead of {expected}: {response.content[:200]!r}"]
        if status >= 400:
            found += [] if is_problem(response) else ["no problem document"]
            found += [f"refused, and yet {table} changed" for table in changed(before)]
    return [f"{row} by {caller}: {complaint}" for complaint in found]
