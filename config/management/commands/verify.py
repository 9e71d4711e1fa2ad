"""Checks the data against the invariants that the code promises."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.core.management.base import CommandParser

from config.shared.commands import CommandError, OperatorCommand, Outcome
from config.shared.registry import VERIFIERS


class Command(OperatorCommand):
    help = (
        "Holds stock, orders, payments and the ledger, search, the cache and what is social against their invariants, and "
        "names what does not hold. Reads only. Exit code 1 when something does not."
    )
    writes = False

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="*", help=f"Only these: {', '.join(sorted(VERIFIERS))}.")

    def perform(self, *, what: list[str], **options: Any) -> Outcome:
        if unknown := sorted(set(what) - set(VERIFIERS)):
            raise CommandError(f"There is no {', '.join(unknown)}; there are {', '.join(sorted(VERIFIERS))}.")
        names, found = what or sorted(VERIFIERS), {}
        with self.progress("parts", len(names)) as progress:
            for number, name in enumerate(names, 1):
                found[name] = list(VERIFIERS[name]())
                progress.reach(number)
        return found

    def lines(self, outcome: Outcome) -> Iterable[str]:
        for name, violations in outcome.items():
            yield f"{name}: {len(violations) or 'no'} violations"
            yield from (f"  {orjson.dumps(violation, default=str).decode()}" for violation in violations)

    def has_failed(self, outcome: Outcome) -> bool:
        return any(outcome.values())
