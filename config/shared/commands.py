"""What every command of the operator has, written once: what it did as lines or as JSON, a rehearsal, exit codes.

A command's `perform` does the work and returns what there is to tell as plain values; `lines` turns that into text.
Progress goes to stderr, so that stdout can be piped.
"""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.shared.progress import Progress

EXITS = "Exit code 0: done; 1: it was refused, or found something wrong; 2: the arguments were wrong."
Outcome = dict[str, Any]


class OperatorCommand(BaseCommand):
    """`writes`: whether it changes anything, and so has `--dry-run`."""

    writes = True

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=EXITS, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="Tell the outcome as one JSON document on stdout."
        )
        if self.writes:
            parser.add_argument(
                "--dry-run", action="store_true", help="Say what would be done, and change nothing."
            )
        self.add_options(parser)

    def add_options(self, parser: CommandParser) -> None:
        """The command's own."""

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_json = options["json"]
        outcome = self.perform(**options)
        if self.is_json:
            self.stdout.write(orjson.dumps(outcome, default=str).decode())
        else:
            for line in self.lines(outcome):
                self.stdout.write(line)
        if self.has_failed(outcome):
            sys.exit(1)

    def perform(self, **options: Any) -> Outcome:
        raise NotImplementedError

    def lines(self, outcome: Outcome) -> Iterable[str]:
        return (f"{name.replace('_', ' ')}: {value}" for name, value in outcome.items())

    def has_failed(self, outcome: Outcome) -> bool:
        return False

    def progress(self, what: str, total: int) -> AbstractContextManager[Progress]:
        """A bar on a terminal, a line for every tenth elsewhere."""
        return Progress(self.stderr, what, total)


def positive(text: str) -> int:
    """An argument that is a whole number above 0; raises ValueError, which argparse tells."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


__all__ = ["CommandError", "OperatorCommand", "Outcome", "positive"]
