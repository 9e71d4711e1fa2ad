"""The database for long reads on which no write depends: exports, statements, the dashboard. Not for reads that fill a
cache or whose results are written back: a replica lags a moment behind.
"""

from typing import TypeVar

import structlog
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.models import Model, QuerySet

logger = structlog.get_logger(__name__)
REPLICA = "replica"
M = TypeVar("M", bound=Model)


def rows_for_reports(model: type[M]) -> QuerySet[M]:
    return model._default_manager.using(for_reports())


def for_reports() -> str:
    """The alias of the replica (`DB_REPLICA_HOST`) if there is one and it answers, otherwise the primary's."""
    if REPLICA not in connections.databases:
        return DEFAULT_DB_ALIAS
    connection = connections[REPLICA]
    try:
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError as problem:
        logger.warning("replica_does_not_answer", problem=str(problem))
        connection.close()
        return DEFAULT_DB_ALIAS
    return REPLICA
