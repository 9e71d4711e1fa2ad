"""What the schema refuses and does by itself, and the schema without it: constraints, unique indexes, triggers."""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

from django.db import connection, models, transaction

from bench.races.race import drop
from bench.soak.verdict import rows
from config.tests.constraints import Rows, declared, refusals

APPS = ("config", "accounts", "catalog", "orders", "payments", "social")
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '^procrastinate'
ORDER BY 1, 2
"""
# What is seen only at a commit.
ELSEWHERE = "config/shared/tests/test_events.py config/shared/tests/test_realtime.py"


def constraints() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Each by name, and whether a row that it forbids is refused no more once it is dropped: the app's own test then fails."""
    for app in APPS:
        tests = import_module(f"{app}.tests.test_constraints")
        for table, model in tests.TABLES.items():
            for name in sorted(declared(table)):
                yield f"constraint: {table} {name}", partial(is_noticed, model, name, tests.FORBIDDEN)


def is_noticed(model: type[models.Model], name: str, forbidden: dict[str, Rows]) -> bool:
    with transaction.atomic():
        drop(name)
        refused = refusals(model, forbidden)
        transaction.set_rollback(True)
    return any(name != by for name, by in refused.items())


def triggers() -> Iterator[tuple[str, str, list[str]]]:
    """Each by name, what drops it, and the tests that should notice."""
    for table, name in rows(TRIGGERS):
        tests = ELSEWHERE if table == "shared_eventrecord" else "config/tests/test_triggers.py"
        yield f"trigger: {table} {name}", f'DROP TRIGGER "{name}" ON "{table}"', tests.split()


def use_copy(name: str) -> None:
    """A database of this process's own, as migrated as those of the tests."""
    from config.tests.template import template

    source = template()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    connection.close()
    connection.settings_dict["NAME"] = name
