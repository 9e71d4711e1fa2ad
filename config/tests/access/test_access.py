"""Every route and method against every role, the owner and a stranger (OWASP API1, API5).

A refusal is a problem document, and nothing has changed: not one row of one table.
"""

from collections import Counter
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from config.tests.access.acting import act, is_problem, undone
from config.tests.access.routes import all_acts
from config.tests.access.row import CALLERS, Row
from config.tests.access.rows import ROWS
from config.tests.access.snapshot import Snapshot, changed, snapshot, written
from config.tests.access.world import World

SLICES = 8  # so that several processes share the table


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


@pytest.mark.parametrize("slice_", range(SLICES))
def test_every_cell(world: World, record_property: Any, slice_: int) -> None:
    before, rows = snapshot(), ROWS[slice_::SLICES]
    complaints = [
        found for row in rows for caller in CALLERS for found in complaints_of(row, caller, world, before)
    ]
    refused = Counter(status for row in rows for status in row.expected.values() if status in {401, 403, 404})
    cells = len(rows) * len(CALLERS)

    record_property("access cells", f"{cells} in {len(rows)} rows, refused {dict(refused)}")
    assert not complaints, f"{len(complaints)} of {cells} cells:\n" + "\n".join(complaints)


def test_a_write_is_told_from_a_read_even_when_it_is_undone(world: World) -> None:
    """What the table's refusals are held against."""
    mark = written()
    assert (User.objects.count() > 1, written()) == (True, mark)
    with undone():
        User.objects.filter(pk=world.users["other"].pk).update(name="changed")
    assert written() == mark + 1


def complaints_of(row: Row, caller: str, world: World, before: Snapshot) -> list[str]:
    with undone():
        mark = written()
        response = act(row, world, caller)
        expected, status = row.expected[caller], response.status_code
        found = [] if status == expected else [f"{status} instead of {expected}: {response.content[:200]!r}"]
        if status >= 400:
            found += [] if is_problem(response) else ["no problem document"]
            if not connection.needs_rollback and written() != mark:
                found += [f"refused, and yet {table} changed" for table in changed(before)]
    return [f"{row} by {caller}: {complaint}" for complaint in found]
