"""Rows that every purchase writes, by statements composed once per process and planned once per connection.

`save()` and `bulk_create()` compose the SQL each time, send signals that nobody here listens to, and have PostgreSQL
plan a statement that never changes; an INSERT here costs half as much. It applies `pre_save` and conversions, too.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models
from django.db.models.expressions import DatabaseDefault

from config.shared.postgres import prepared

GONE = "Save with update_fields did not affect any rows."
MOST = 20  # rows of one prepared statement; larger inserts are too rare to keep a statement for each size


def insert(*rows: models.Model) -> None:
    """Inserts rows of one model in one statement and sets the keys that the database makes."""
    if len(rows) > MOST:
        type(rows[0])._base_manager.bulk_create(rows)
    elif rows:
        sql, values, told = composed(rows)
        take(rows, told, prepared.rows(sql, values))


def insert_later(*rows: models.Model, refused: prepared.Meaning = prepared.nothing) -> None:
    """As `insert`, for rows whose keys are not needed yet: they are set with the next statement or the commit."""
    if len(rows) > MOST:
        insert(*rows)
    elif rows:
        sql, values, told = composed(rows)
        prepared.later(sql, values, then=partial(take, rows, told), refused=refused)


def composed(rows: Sequence[models.Model]) -> tuple[str, list[Any], list[Any]]:
    """The INSERT, its values, and the fields that it returns."""
    model, fields = type(rows[0]), columns_of(type(rows[0]))
    connection = connections[DEFAULT_DB_ALIAS]
    values = [field.pre_save(row, True) for row in rows for field in fields]
    is_given = tuple(not isinstance(value, DatabaseDefault) for value in values)
    ready = [
        field.get_db_prep_save(value, connection)
        for field, value, given in zip(fields * len(rows), values, is_given, strict=True)
        if given
    ]
    sql, told = inserting(model, is_given)
    return sql, ready, told


def take(rows: Sequence[models.Model], told: Sequence[Any], answers: prepared.Rows) -> None:
    """Sets what the database supplied (keys, defaults), as `save()` does."""
    connection = connections[DEFAULT_DB_ALIAS]
    for row, answer in zip(rows, answers, strict=True):
        for field, value in zip(told, answer, strict=True):
            setattr(row, field.attname, loaded(field, value, connection))
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def loaded(field: Any, value: Any, connection: Any) -> Any:
    for convert in field.get_db_converters(connection):
        value = convert(value, field, connection)
    return value


@lru_cache(256)
def columns_of(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.local_concrete_fields if not field.primary_key)


@lru_cache(256)
def inserting(model: type[models.Model], is_given: tuple[bool, ...]) -> tuple[str, list[Any]]:
    """The INSERT, and the fields that it returns; the names in it come from the model alone."""
    fields = columns_of(model)
    marks = ["%s" if given else "DEFAULT" for given in is_given]
    rows = [", ".join(marks[at : at + len(fields)]) for at in range(0, len(marks), len(fields))]
    told = [model._meta.pk, *(one for n, one in enumerate(fields) if not all(is_given[n :: len(fields)]))]
    values = ", ".join(f"({row})" for row in rows)
    sql = f"INSERT INTO {model._meta.db_table} ({named(fields)}) VALUES {values} RETURNING {named(told)}"  # noqa: S608  # nosec B608
    return sql, told


def named(fields: Sequence[Any]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def update(row: models.Model, *names: str) -> None:
    """`save(update_fields=names)`; raises DatabaseError if the row no longer exists."""
    check(prepared.rows(updating(type(row), names), changes(row, names)))


def update_later(row: models.Model, *names: str) -> None:
    """As `update`, with the next statement or the commit. A missing row must stop these, and a check of the result
    would come too late, so the statement itself fails: it divides by the number of rows changed."""
    sql = f"WITH changed AS ({updating(type(row), names)}) SELECT 1 / count(*) FROM changed"  # noqa: S608  # nosec B608
    prepared.later(sql, changes(row, names), refused=is_gone)


def is_gone(problem: psycopg.Error) -> Exception | None:
    return DatabaseError(GONE) if isinstance(problem, psycopg.errors.DivisionByZero) else None


def changes(row: models.Model, names: Sequence[str]) -> list[Any]:
    connection = connections[
        DEFAULT_DB_ALIAS
    ]  # looked up once: each access through Django's proxy is eight calls
    fields: list[Any] = [row._meta.get_field(name) for name in names]
    return [*(field.get_db_prep_save(field.pre_save(row, False), connection) for field in fields), row.pk]


def check(found: prepared.Rows) -> None:
    if not found:
        raise DatabaseError(GONE)


@lru_cache(256)
def updating(model: type[models.Model], names: tuple[str, ...]) -> str:
    meta: Any = model._meta
    columns = ", ".join(f'"{meta.get_field(name).column}" = %s' for name in names)
    return f'UPDATE {meta.db_table} SET {columns} WHERE "{meta.pk.column}" = %s RETURNING 1'  # noqa: S608  # nosec B608
