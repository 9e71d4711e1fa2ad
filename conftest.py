"""Fixtures of the whole suite: clients by role, due jobs, the stand-in for Stripe."""

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.test import TransactionTestCase
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.tests.factories import token_for
from config.tests.emptying import empty
from config.tests.jobs import run_due_jobs
from config.tests.statics import found_once
from config.tests.template import template
from payments.standin.testing import running_standin

# How long an example takes is the machine's doing: no test fails by it.
hypothesis.settings.register_profile(
    "souk", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("souk")
TransactionTestCase._fixture_teardown = empty
WhiteNoiseMiddleware.add_files_from_finders = found_once
OTHERS_GO = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded stays: nobody looks through it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)  # behind pytest-django, which puts these tests last
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """While one worker makes the database that all are copied from, the next begins with tests that need none."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with_database = [item for item in items if needs_database(item)]
    apart = [item for item in items if not needs_database(item)]
    first = len(items) // workers
    items[:] = with_database[:first] + apart + with_database[first:]


def needs_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or "db" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def migrated(django_db_blocker: Any) -> str:
    """The name of the migrated database."""
    with django_db_blocker.unblock():
        return template()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, migrated: str) -> None:
    """Test databases are copies of one that is migrated."""
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """At the end, connections of threads that tests have left are closed: they would keep the database."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(OTHERS_GO)


@pytest.fixture
def api() -> APIClient:
    """A guest."""
    return APIClient()


@pytest.fixture
def as_user() -> Callable[[Any], APIClient]:
    """A client that carries a real bearer token of the user."""

    def make(user: Any) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {token_for(user)}"})

    return make


@pytest.fixture
def run_jobs() -> Callable[[], list[str]]:
    """Runs due jobs until none is left; returns their names in order."""
    return run_due_jobs


@pytest.fixture(scope="session")
def standin_process() -> Iterator[Any]:
    with running_standin() as process:
        yield process


@pytest.fixture
def standin(standin_process: Any, settings: Any) -> Iterator[Any]:
    """The Stripe stand-in with no trouble switched on; webhooks are held for the test to deliver."""
    settings.STRIPE_API_BASE = standin_process.url
    standin_process.calm()
    yield standin_process
    standin_process.calm()


@pytest.fixture(autouse=True)
def quiet(settings: Any, tmp_path: Any) -> None:
    """No rate limits unless a test wants them; files of a test in its own folder; mails in memory."""
    settings.THROTTLE_SCALE = 0
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def anyio_backend() -> str:
    """Coroutine tests (`pytest.mark.anyio`) run on asyncio."""
    return "asyncio"
