"""The world that the access table and the attacks act on; how much the table covers."""

import logging
from typing import Any

import pytest

from config.tests.access.world import World, build_world

TOLD = {"access cells"}


@pytest.fixture
def world(db: None, standin: Any, caplog: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Undone with the test. Thousands of requests are made in it: their log is not kept, and its webhook stays young."""
    monkeypatch.setattr("payments.webhooks.TOLERANCE", 3600)
    caplog.set_level(logging.CRITICAL)
    return build_world()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name in TOLD:
                terminalreporter.write_line(f"{name}: {value}")
