"""Says what is wrong with an installation, and how to mend it."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from config.doctor import CHECKS, Finding


class Command(BaseCommand):
    help = (
        "Looks at packages, settings, PostgreSQL, Redis, the worker, folders and Stripe's keys; says what is wrong and "
        "how to mend it. Changes nothing. Exit code 1 when something must be mended; advice does not count."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON document instead of lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = {name: examine(name) for name in CHECKS}
        if options["json"]:
            self.stdout.write(
                json.dumps({name: [asdict(one) for one in rows] for name, rows in found.items()})
            )
        else:
            self.tell(found)
        if any(not finding.is_advice for rows in found.values() for finding in rows):
            raise SystemExit(1)

    def tell(self, found: dict[str, list[Finding]]) -> None:
        for name, findings in found.items():
            self.stdout.write(f"{name}: {'' if findings else 'well'}".rstrip())
            for finding in findings:
                mark = "advice" if finding.is_advice else "WRONG"
                self.stdout.write(f"  {mark}: {finding.problem} {finding.mend}")


def examine(name: str) -> list[Finding]:
    """A check that PostgreSQL's absence stops has nothing to say: `database` says it."""
    try:
        return list(CHECKS[name]())
    except DatabaseError:
        return []
