"""What this app registers in the registry."""

from collections.abc import Mapping

from django.db import connection

from config.shared.events import log
from config.shared.idempotency import prune_records
from config.shared.registry import GAUGES, LOG_READERS, PRUNERS
from config.shared.webhooks import reader
from config.shared.webhooks.services import prune_deliveries

JOBS = """
SELECT status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY status
"""
LAG = "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float FROM shared_eventrecord WHERE position IS NULL"


def jobs() -> Mapping[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(JOBS)
        return {"todo": 0, "doing": 0, "failed": 0} | dict(cursor.fetchall())


def event_lag() -> Mapping[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(LAG)
        return {"": cursor.fetchone()[0]}


PRUNERS["events"] = log.prune
PRUNERS["idempotency"] = prune_records
PRUNERS["webhook_deliveries"] = prune_deliveries
LOG_READERS["webhooks"] = reader.take
GAUGES["souk_jobs"] = "Background jobs that wait, run, or failed for good.", jobs
GAUGES["souk_event_lag_seconds"] = "Age of the oldest event that the relay has not placed yet.", event_lag
