"""The world that the access table and the attacks act on; how much the table covers."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings

from config.tests.access.acting import undone
from config.tests.access.world import World, build_world

TOLD = {"access cells"}


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Instead of pytest-django's: one transaction for all tests of a module, undone at its end."""
    with django_db_blocker.unblock(), undone():
        yield


@pytest.fixture(scope="module")
def market(db: None, standin_process: Any, tmp_path_factory: Any) -> Iterator[World]:
    """Building it takes as long as hundreds of requests: once a module."""
    settings = {"STRIPE_API_BASE": standin_process.url, "MEDIA_ROOT": tmp_path_factory.mktemp("media")}
    with override_settings(THROTTLE_SCALE=0, **settings):
        yield build_world()


@pytest.fixture
def world(market: World, standin: Any, caplog: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Undone with the test. Thousands of requests are made in it: their log is not kept, and its webhook stays young."""
    monkeypatch.setattr("payments.webhooks.TOLERANCE", 3600)
    caplog.set_level(logging.CRITICAL)
    with undone():
        yield replace(market, names={**market.names}, clients={**market.clients}, users={**market.users})


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name in TOLD:
                terminalreporter.write_line(f"{name}: {value}")
