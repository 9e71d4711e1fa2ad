from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from catalog.tests.factories import offer
from catalog.transfer.exporting import export_csv
from config.shared.postgres.replica import REPLICA, for_reports


@contextmanager
def replica(**settings: Any) -> Iterator[None]:
    """As `DB_REPLICA_HOST` sets it; here it is the test database itself, for what is asked is who is asked."""
    connections.databases[REPLICA] = connection.settings_dict | settings
    made = connections[REPLICA]

    def ensure_connection() -> None:
        """Django's own lets a test use those databases alone that were there when it began."""
        if made.connection is None:
            with made.wrap_database_errors:
                made.connect()

    made.ensure_connection = ensure_connection  # type: ignore[method-assign]
    try:
        yield
    finally:
        connections[REPLICA].close()
        del connections[REPLICA], connections.databases[REPLICA]


def test_without_a_replica_the_primary_makes_the_reports(db: None) -> None:
    assert for_reports() == "default"


@pytest.mark.django_db(transaction=True)
def test_an_export_is_read_from_the_replica_alone() -> None:
    kettle = offer("Kettle")

    with replica(), CaptureQueriesContext(connection) as asked:
        assert for_reports() == REPLICA
        lines = list(export_csv(seller_id=kettle.seller_id, format_="souk"))

    assert (len(lines), "Kettle" in lines[1], asked.captured_queries) == (2, True, [])


@pytest.mark.django_db(transaction=True)
def test_a_replica_that_does_not_answer_is_passed_over(tmp_path: Any) -> None:
    kettle = offer("Kettle")

    with replica(HOST=str(tmp_path)):
        assert for_reports() == "default"
        assert len(list(export_csv(seller_id=kettle.seller_id, format_="souk"))) == 2
