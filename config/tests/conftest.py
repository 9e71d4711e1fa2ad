from typing import Any

NAMED = {"access cells"}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much the table of who may do what covers."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name in NAMED:
                terminalreporter.write_line(f"{name}: {value}")
