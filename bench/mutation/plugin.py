"""For pytest: takes something out of the schema of the test database before the first test (`MUTANT_SQL`)."""

import os
from typing import Any

import pytest
from django.db import connection


@pytest.fixture(scope="session", autouse=True)
def mutant(django_db_setup: None, django_db_blocker: Any) -> None:
    if sql := os.environ.get("MUTANT_SQL"):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(sql)
