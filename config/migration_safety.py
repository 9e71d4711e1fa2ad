"""Whether a migration can run while the previous release still serves; `config/tests/test_house.py` checks all of ours.

Old code must still be able to read and write every table, and no statement may keep a large table locked. Expand first,
contract in a later release: a column is added nullable or with a `db_default`, filled by a job, and only then relied on.
A migration that is safe for a reason not visible here declares it: `zero_downtime = "why"` in its class.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import connection
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import Field, ManyToManyField

APPS = ("accounts", "catalog", "orders", "payments", "social", "shared")
# The last migration of each app before the first release: no older code runs beside these.
RELEASED = {"accounts": 4, "catalog": 15, "orders": 9, "payments": 5, "social": 6, "shared": 3}
LOCKS = re.compile(
    r"\bCREATE (UNIQUE )?INDEX (?!CONCURRENTLY|IF NOT EXISTS \w+ ON \w+_new)|\bALTER COLUMN \w+ (TYPE|SET NOT NULL)|\bDROP (TABLE|COLUMN)|\bLOCK TABLE|\bVACUUM FULL",
    re.IGNORECASE,
)
GONE = (
    operations.RemoveField,
    operations.DeleteModel,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)
LOCKED = (operations.AddIndex, operations.RemoveIndex, operations.AddConstraint)
HARMLESS = (AddIndexConcurrently, RemoveIndexConcurrently, AddConstraintNotValid)


def problems() -> Iterator[str]:
    """A line for each operation that would disrupt a running shop."""
    loader = MigrationLoader(None)
    state = ProjectState()
    for app, name in plan(loader):
        migration = loader.get_migration(app, name)
        is_checked = (
            app in APPS and number(name) > RELEASED[app] and not getattr(migration, "zero_downtime", "")
        )
        fresh: set[str] = set()
        for operation in migration.operations:
            if is_checked:
                yield from (f"{app}.{name}: {problem}" for problem in of(operation, app, state, fresh))
            operation.state_forwards(app, state)


def plan(loader: MigrationLoader) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for leaf in loader.graph.leaf_nodes():
        found.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return list(found)


def number(name: str) -> int:
    return int(name[:4])


def of(operation: Any, app: str, state: ProjectState, fresh: set[str]) -> Iterator[str]:
    """`fresh` are the tables that this migration has created: no running code uses them yet."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from of(inner, app, state, fresh)
        return
    if isinstance(operation, operations.CreateModel):
        fresh.add(operation.name_lower)
    elif isinstance(operation, operations.RunSQL):
        yield from (f"locks or removes: {text.strip()}" for text in locking(operation.sql))
    elif model_of(operation) not in fresh and not isinstance(operation, HARMLESS):
        yield from of_table(operation, app, state)


def locking(sql: Any) -> list[str]:
    text = (
        sql if isinstance(sql, str) else " ".join(part if isinstance(part, str) else part[0] for part in sql)
    )
    return [found.group(0) for found in LOCKS.finditer(text)]


def model_of(operation: Any) -> str:
    return str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()


def of_table(operation: Any, app: str, state: ProjectState) -> Iterator[str]:
    said = operation.describe()
    if isinstance(operation, GONE):
        yield f"{said}: code of the release before still uses it; remove it a release later."
    elif isinstance(operation, LOCKED):
        yield f"{said}: locks the table against writes; use the concurrent or NOT VALID one of contrib.postgres."
    elif isinstance(operation, operations.AddField) and must_be_given(operation.field):
        yield f"{said}: code of the release before inserts rows without it; make it null or give it a db_default."
    elif isinstance(operation, operations.AlterField):
        old = state.models[app, model_of(operation)].fields[operation.name]
        if old.null and not operation.field.null:
            yield f"{said}: reads the whole table under a lock; add a CHECK that is not validated, first."
        if column_of(old) != column_of(operation.field) and not is_wider(old, operation.field):
            yield f"{said}: writes the whole table anew; add a second column."


def must_be_given(field: Field) -> bool:
    is_column = not isinstance(field, ManyToManyField) and not getattr(field, "generated", False)
    return is_column and not field.null and not field.has_db_default()


def column_of(field: Field) -> Any:
    return None if field.is_relation else field.db_type(connection)


def is_wider(old: Field, new: Field) -> bool:
    """Whether a varchar became longer or a text: PostgreSQL then only updates its catalogue."""
    texts = {"CharField", "SlugField", "URLField", "EmailField", "TextField"}
    both = {old.get_internal_type(), new.get_internal_type()} <= texts
    return both and (new.max_length is None or (old.max_length or 0) <= new.max_length)
