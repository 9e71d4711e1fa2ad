"""Inserts a row with all its children in one statement, without waiting for a parent's key before writing the child."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from config.shared.postgres import prepared, writes

Levels = Sequence[Sequence[models.Model]]


def insert_tree(*levels: Sequence[models.Model]) -> None:
    """Inserts new rows, one model per level, and sets their keys. Foreign keys may point to rows of levels above, which
    have no keys yet; all other columns must have values, since the database supplies no defaults."""
    if any(len(rows) > writes.MOST for rows in levels):
        one_by_one(levels)
        return
    sql = inserting(tuple((type(rows[0]), len(rows)) for rows in levels))
    keys = prepared.rows(sql, values_of(levels))
    for row, (key,) in zip((row for rows in levels for row in rows), keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    for rows in levels:
        know_parents(rows, levels)


def one_by_one(levels: Levels) -> None:
    for rows in levels:
        know_parents(rows, levels)
        writes.insert(*rows)


def know_parents(rows: Sequence[models.Model], levels: Levels) -> None:
    for field, _ in links(type(rows[0]), tuple(type(above[0]) for above in levels)):
        for row in rows:
            setattr(row, field.name, getattr(row, field.name))  # copies the parent's key


@lru_cache(256)
def links(model: type[models.Model], above: tuple[type[models.Model], ...]) -> list[tuple[Any, int]]:
    """The foreign keys to models of levels above, each with the index of its level."""
    levels = above[: above.index(model)]
    fields = (field for field in writes.columns_of(model) if field.remote_field)
    return [(one, levels.index(one.related_model)) for one in fields if one.related_model in levels]


def values_of(levels: Levels) -> list[Any]:
    """For each row its number and its columns; a foreign key to a level above is the parent's number."""
    shape = tuple(type(rows[0]) for rows in levels)
    connection = connections[DEFAULT_DB_ALIAS]
    numbers = {id(row): number for rows in levels for number, row in enumerate(rows, 1)}
    values: list[Any] = []
    for rows in levels:
        parents = {field for field, _ in links(type(rows[0]), shape)}
        for row in rows:
            values.append(numbers[id(row)])
            for field in writes.columns_of(type(row)):
                is_parent = field in parents
                values.append(
                    numbers[id(getattr(row, field.name))] if is_parent else written(field, row, connection)
                )
    return values


def written(field: Any, row: models.Model, connection: Any) -> Any:
    return field.get_db_prep_save(field.pre_save(row, True), connection)


@lru_cache(256)
def inserting(shape: tuple[tuple[type[models.Model], int], ...]) -> str:
    """The statement. Keys are assigned in the order of the rows' numbers, by which children find their parent's key."""
    above = tuple(model for model, _ in shape)
    tables = [
        table for level, (model, count) in enumerate(shape) for table in tables_of(level, model, count, above)
    ]
    levels = [f"SELECT {level} AS level, n, id FROM keys{level}" for level in range(len(shape))]  # noqa: S608  # nosec B608
    keys = " UNION ALL ".join(levels)
    return f"WITH {', '.join(tables)} SELECT id FROM ({keys}) AS made ORDER BY level, n"  # noqa: S608  # nosec B608


def tables_of(level: int, model: Any, count: int, above: tuple[Any, ...]) -> tuple[str, str]:
    fields, parents = writes.columns_of(model), dict(links(model, above))
    marks = ", ".join(["%s::int", *(f"%s::{'int' if field in parents else kind(field)}" for field in fields)])
    given = ", ".join(["n", *(f'"{field.column}"' for field in fields)])
    taken = [
        f"keys{parents[field]}.id" if field in parents else f'given."{field.column}"' for field in fields
    ]
    joined = " ".join(
        f'JOIN keys{up} ON keys{up}.n = given."{field.column}"' for field, up in parents.items()
    )
    rows = ", ".join([f"({marks})"] * count)
    made = (
        f"made{level} AS (INSERT INTO {model._meta.db_table} ({writes.named(fields)}) SELECT {', '.join(taken)} "  # noqa: S608  # nosec B608
        f"FROM (VALUES {rows}) AS given ({given}) {joined} ORDER BY given.n RETURNING id)"
    )
    return made, f"keys{level} AS (SELECT id, row_number() OVER (ORDER BY id)::int AS n FROM made{level})"  # noqa: S608  # nosec B608


def kind(field: Any) -> str:
    """The column's type without its length: a cast to it would truncate, where the column refuses longer values."""
    return field.db_type(connections[DEFAULT_DB_ALIAS]).partition("(")[0]
