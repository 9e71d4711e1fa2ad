"""Fixtures of the whole suite: clients by role, due jobs, the stand-in for Stripe."""

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.test import TransactionTestCase
from rest_framework.test import APIClient

from accounts.tests.factories import token_for
from config.tests.emptying import empty
from config.tests.jobs import run_due_jobs
from config.tests.template import template
from payments.standin.testing import running_standin

# How long an example takes is the machine's doing: no test fails by it.
hypothesis.settings.register_profile(
    "souk", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("souk")
TransactionTestCase._fixture_teardown = empty


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    """Test databases are copies of one that is migrated."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = template()


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
