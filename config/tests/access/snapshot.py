"""All rows of all models, told by one statement."""

from decimal import Decimal
from functools import cache

from django.apps import apps
from django.db import connection

# What a request may touch without having acted.
IGNORED = {"accounts_session": ["last_used_at"]}
# The audit trail tells of refusals, too: that is what it is for.
STATIC = {
    "accounts_securityevent",
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "django_session",
}
Snapshot = dict[str, tuple[int, Decimal | None]]
# Grows with each row that this transaction writes, and with those that a rolled back part of it wrote.
WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"


@cache
def tables() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    named = {model._meta.db_table for model in models if not model._meta.proxy}
    return sorted((named & set(connection.introspection.table_names())) - STATIC)


@cache
def statement() -> str:
    """For each table its name, how many rows it has, and the sum of their digests: their order does not matter."""
    return " UNION ALL ".join(part(table) for table in tables())


def part(table: str) -> str:
    without = IGNORED.get(table)
    row = f"(to_jsonb(t) - ARRAY{without})::text" if without else "t::text"
    return f"SELECT '{table}', count(*), sum(hashtextextended({row}, 0)) FROM \"{table}\" t"


def written() -> int:
    """How much the transaction has written so far. The same number twice, and nothing was written between."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0] or 0)


def snapshot() -> Snapshot:
    with connection.cursor() as cursor:
        cursor.execute(statement())
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


def changed(before: Snapshot) -> list[str]:
    """The tables that are not as they were; none where the transaction can only be rolled back."""
    if connection.needs_rollback:
        return []
    now = snapshot()
    return [table for table in now if now[table] != before[table]]
