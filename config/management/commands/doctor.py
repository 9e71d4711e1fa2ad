"""Says what is wrong with an installation, and how to fix it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import DatabaseError

from config.doctor import CHECKS, Finding
from config.shared.commands import OperatorCommand, Outcome


class Command(OperatorCommand):
    help = (
        "Looks at packages, settings, PostgreSQL, Redis, clocks, migrations, the worker, folders, staff roles and Stripe's "
        "keys; says what is wrong and how to mend it. Reads only. Exit code 1 when something must be mended; advice does "
        "not count."
    )
    requires_system_checks: list[str] = []
    writes = False

    def perform(self, **options: Any) -> Outcome:
        return {name: [asdict(one) for one in examine(name)] for name in CHECKS}

    def lines(self, outcome: Outcome) -> Iterable[str]:
        for name, findings in outcome.items():
            yield f"{name}: {'' if findings else 'well'}".rstrip()
            for finding in findings:
                mark = "advice" if finding["is_advice"] else "WRONG"
                yield f"  {mark}: {finding['problem']} {finding['mend']}"

    def has_failed(self, outcome: Outcome) -> bool:
        return any(not finding["is_advice"] for findings in outcome.values() for finding in findings)


def examine(name: str) -> list[Finding]:
    """Runs a check; if PostgreSQL's absence stops it, reports nothing, since the check `database` does."""
    try:
        return list(CHECKS[name]())
    except DatabaseError:
        return []
