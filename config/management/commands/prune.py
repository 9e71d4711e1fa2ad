"""Removes what is no longer needed; the worker does the same once a day."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from config.shared.commands import CommandError, OperatorCommand, Outcome
from config.shared.registry import PRUNERS


class Command(OperatorCommand):
    help = (
        "Removes old events, idempotency keys, sessions, tokens, webhook deliveries and guests' carts beyond their "
        "retention (see .env.example). The worker does it once a day. A dry run removes and rolls back, to count."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="*", help=f"Only these: {', '.join(sorted(PRUNERS))}.")

    def perform(self, *, what: list[str], dry_run: bool, **options: Any) -> Outcome:
        if unknown := sorted(set(what) - set(PRUNERS)):
            raise CommandError(f"There is no {', '.join(unknown)}; there are {', '.join(sorted(PRUNERS))}.")
        names, done = what or sorted(PRUNERS), {}
        with self.progress("kinds of things", len(names)) as progress:
            for number, name in enumerate(names, 1):
                done[name] = prune(name, keep=dry_run)
                progress.reach(number)
        return {"would_remove" if dry_run else "removed": done}

    def lines(self, outcome: Outcome) -> list[str]:
        ((verb, counts),) = outcome.items()
        word = "removed" if verb == "removed" else "would be removed"
        return [f"{name}: {count} {word}" for name, count in counts.items()]


def prune(name: str, *, keep: bool) -> int:
    with transaction.atomic():
        count = PRUNERS[name]()
        transaction.set_rollback(keep)
    return count
