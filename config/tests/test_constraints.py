"""What may not be stored of events, webhooks and answers, whoever writes it."""

import pytest

from config.tests.constraints import Rows, refusals, tables, untried

pytestmark = pytest.mark.django_db
TABLES = tables("shared")
FORBIDDEN: dict[str, Rows] = {
    "webhook_delivery_pending_is_due": ({"status": "pending"},),
    "webhook_disabled_has_reason": ({"disabled_reason": "owner"},),
}


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses(table: str) -> None:
    refused = refusals(TABLES[table], FORBIDDEN)
    assert refused == {name: name for name in refused}


def test_every_constraint_is_tried() -> None:
    assert untried(TABLES, FORBIDDEN) == set()
