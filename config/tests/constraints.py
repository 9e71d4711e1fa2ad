"""What the database itself refuses: for each CHECK and unique constraint of a table rows that only this one forbids.

A row is written with nothing but the columns that matter: NOT NULL, triggers, foreign keys and the table's other CHECKs are off
meanwhile. What the models say is enough for most: a positive number is no -1, a choice none that nobody
knows, what is unique is not there twice. The rest each app writes down (`test_constraints.py`).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction

Row = dict[str, Any]
Rows = tuple[Row, ...]  # the last one is refused
NAMES = """
SELECT conname FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('c', 'u', 'x')
UNION SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %(table)s::regclass AND indisunique AND NOT indisprimary
"""
UNIQUE = """
SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique AND indnkeyatts = 1
  AND trim('"' FROM pg_get_indexdef(indexrelid, 1, true)) = %s
"""
CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
OPTIONAL = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
"""
VALUES: tuple[tuple[type[models.Field], Any], ...] = (
    (models.UUIDField, UUID(int=1)),
    (models.JSONField, "{}"),
    (ArrayField, []),
    (models.BooleanField, True),
    (models.DateTimeField, datetime(2026, 1, 1, tzinfo=UTC)),
    (models.DateField, date(2026, 1, 1)),
    (models.CharField, "a" * 8),
    (models.TextField, "a"),
)


def tables(*labels: str) -> dict[str, type[models.Model]]:
    """Of the apps, those between them included."""
    found = [
        one for label in labels for one in apps.get_app_config(label).get_models(include_auto_created=True)
    ]
    return {model._meta.db_table: model for model in found if model._meta.managed and not model._meta.proxy}


def ask(sql: str, *parameters: Any, **named: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, named or parameters)
        return [row[0] for row in cursor.fetchall()]


def declared(table: str) -> set[str]:
    return set(ask(NAMES, table=table))


def forbidden(model: type[models.Model], by_hand: dict[str, Rows]) -> dict[str, Rows]:
    """By constraint's name, what the models' declarations tell, and what is written down."""
    told = dict(of_fields(model)) | dict(of_constraints(model))
    return told | {name: rows for name, rows in by_hand.items() if name in names_of(model)}


def names_of(model: type[models.Model]) -> set[str]:
    return {constraint.name for constraint in model._meta.constraints}


def of_fields(model: type[models.Model]) -> Iterator[tuple[str, Rows]]:
    table = model._meta.db_table
    for field in model._meta.local_fields:
        if field.db_check(connection):
            yield f"{table}_{field.column}_check", ({field.column: -1},)
        if field.unique and not field.primary_key:
            name = next(iter(ask(UNIQUE, table, field.column)), f"{field.column} is unique")
            yield name, ({field.column: value(field)},) * 2
    for fields in model._meta.unique_together:
        columns = [model._meta.get_field(name) for name in fields]
        (name,) = [one for one in declared(table) if one.endswith("_uniq")] or ["?"]
        yield name, ({column.column: value(column) for column in columns},) * 2


def of_constraints(model: type[models.Model]) -> Iterator[tuple[str, Rows]]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields and not constraint.condition:
            columns = [model._meta.get_field(name) for name in constraint.fields]
            yield constraint.name, ({column.column: value(column) for column in columns},) * 2
        if isinstance(constraint, models.CheckConstraint) and (column := chosen(model, constraint)):
            yield constraint.name, ({column: "?"},)


def chosen(model: type[models.Model], constraint: models.CheckConstraint) -> str:
    """The column that a constraint has take one of some texts, if this is all that it says."""
    match constraint.condition:
        case models.Q(children=[(str(name), _)], negated=False) if name.endswith("__in"):
            field = model._meta.get_field(name.removesuffix("__in"))
            return field.column if isinstance(field, models.CharField) else ""
    return ""


def value(field: models.Field) -> Any:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    sample = next((sample for kind, sample in VALUES if isinstance(target, kind)), 1)
    return sample[: target.max_length] if isinstance(sample, str) else sample


def untried(tables: dict[str, type[models.Model]], by_hand: dict[str, Rows]) -> set[str]:
    """The constraints that no row is known against."""
    return {
        name for table, model in tables.items() for name in declared(table) - forbidden(model, by_hand).keys()
    }


def refusals(model: type[models.Model], by_hand: dict[str, Rows]) -> dict[str, str]:
    """By constraint's name, what its rows were refused by."""
    table, key = model._meta.db_table, model._meta.pk
    with transaction.atomic():
        columns = loosen(table, key.column)
        base = dict.fromkeys(columns) | (
            {} if isinstance(key, models.AutoField) else {key.column: value(key)}
        )
        found = {
            name: refusal(table, name, [base | row for row in rows])
            for name, rows in forbidden(model, by_hand).items()
        }
        transaction.set_rollback(True)
    return found


def loosen(table: str, key: str) -> list[str]:
    """Its columns but the key, all of which may be left out."""
    columns = [column for column in ask(OPTIONAL, table) if column != key]
    free = "".join(f', ALTER "{column}" DROP NOT NULL' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER{free}')
    return columns


def refusal(table: str, name: str, rows: list[Row]) -> str:
    """The name of the constraint that refused the last row; else what happened."""
    others = ", ".join(f'DROP CONSTRAINT "{other}"' for other in ask(CHECKS, table) if other != name)
    with transaction.atomic(), connection.cursor() as cursor:
        if others:
            cursor.execute(f'ALTER TABLE "{table}" {others}')
        told = write(cursor, table, rows)
        transaction.set_rollback(True)
    return told


def write(cursor: Any, table: str, rows: list[Row]) -> str:
    for number, row in enumerate(rows, 1):
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
        try:
            with transaction.atomic():
                cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(row.values()))
        except IntegrityError as problem:
            told = problem.__cause__.diag.constraint_name
            return told if number == len(rows) else f"row {number} of {len(rows)} by {told}"
    return "nothing"
