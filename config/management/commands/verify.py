"""The invariants that the code promises, held against the data."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.shared.registry import VERIFIERS


class Command(BaseCommand):
    help = "Checks stock, orders and payments against their invariants. Exit code 1 when one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="*", help=f"Only these: {', '.join(sorted(VERIFIERS))}.")
        parser.add_argument("--json", action="store_true", help="One JSON document instead of lines.")

    def handle(self, *args: Any, what: list[str], **options: Any) -> None:
        if unknown := sorted(set(what) - set(VERIFIERS)):
            raise CommandError(f"There is no {', '.join(unknown)}; there are {', '.join(sorted(VERIFIERS))}.")
        found = {name: list(VERIFIERS[name]()) for name in what or sorted(VERIFIERS)}
        if options["json"]:
            self.stdout.write(json.dumps(found, default=str))
        else:
            self.tell(found)
        if any(found.values()):
            raise SystemExit(1)

    def tell(self, found: dict[str, list[dict[str, Any]]]) -> None:
        for name, violations in found.items():
            self.stdout.write(f"{name}: {len(violations) or 'no'} violations")
            for violation in violations:
                self.stdout.write(f"  {json.dumps(violation, default=str)}")
