"""What may not be stored of people and shops, whoever writes it."""

import pytest

from config.tests.constraints import Rows, refusals, tables, untried

pytestmark = pytest.mark.django_db
TABLES = tables("accounts")
FORBIDDEN: dict[str, Rows] = {
    "user_email_lower": ({"email": "Ada@example.com"},),
    "user_admin_is_superuser": ({"role": "admin", "is_staff": False, "is_superuser": False},),
    "api_key_has_scopes": ({"scopes": []},),
    "seller_commission_rate": ({"commission_rate": "1.1"},),
    "seller_slug_is_no_id": ({"slug": "123"},),
}


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses(table: str) -> None:
    refused = refusals(TABLES[table], FORBIDDEN)
    assert refused == {name: name for name in refused}


def test_every_constraint_is_tried() -> None:
    assert untried(TABLES, FORBIDDEN) == set()
