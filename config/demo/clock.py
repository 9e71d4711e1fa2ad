"""Makes a past by ordinary service calls: dates back what they write, as if it had been written then."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from payments.services import books

LABELS = ["shared", "accounts", "catalog", "orders", "payments", "social"]
PLANS = {"starts_at", "ends_at"}  # dates in the plan of a row, not records of what happened
ENDS = {"expires_at", "hold_expires_at"}  # counted from the row's creation
# Append-only tables: the audit trail records when the demo was loaded, the ledger gets its dates when written.
TRAILS = {"accounts.SecurityEvent", "payments.LedgerTransaction", "payments.LedgerEntry"}
STEP = "WITH step AS MATERIALIZED (SELECT %s::timestamptz AS since, make_interval(secs => %s) AS by)"
MARGIN = timedelta(minutes=5)  # the clocks of database and program may differ


class Clock:
    """Every step is dated further back than `since`, so rows dated after `since` belong to the current step."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.since = self.now - MARGIN
        self.statement = ", ".join([STEP, *filter(None, map(shift_of, models_of(LABELS)))]) + " SELECT 1"

    def ago(self, *, days: float) -> datetime:
        return self.now - timedelta(days=days)

    @contextmanager
    def dated(self, moment: datetime) -> Iterator[None]:
        """Dates what is written inside to `moment`. Needs a transaction; raises ValueError for the present."""
        if moment >= self.since:
            raise ValueError(f"{moment} is no past.")
        by = (timezone.now() - moment).total_seconds()
        with books.dated(moment):
            yield
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL souk.dating = 'on'")
            cursor.execute(self.statement, [self.since, by])
            cursor.execute("SET LOCAL souk.dating = 'off'")


def models_of(labels: list[str]) -> list[type[models.Model]]:
    models_there = (model for label in labels for model in apps.get_app_config(label).get_models())
    return [model for model in models_there if model._meta.label not in TRAILS]


def shift_of(model: type[models.Model]) -> str:
    """A common table expression that shifts a table's new dates; "" for a table without dates."""
    names = {
        str(field.column) for field in model._meta.concrete_fields if type(field) is models.DateTimeField
    }
    records, ends = sorted(names - PLANS - ENDS), sorted(names & ENDS)
    if not records:
        return ""
    moved = [f"{name} = {shifted(name, by=name)}" for name in records]
    moved += [f"{name} = {shifted(name, by='created_at')}" for name in ends]
    new = " OR ".join(f"{name} >= since" for name in records)
    table = model._meta.db_table
    return f"new_{table} AS (UPDATE {table} SET {', '.join(moved)} FROM step WHERE {new})"  # noqa: S608  # nosec B608


def shifted(name: str, *, by: str) -> str:
    return f"CASE WHEN {by} >= since THEN {name} - step.by ELSE {name} END"
