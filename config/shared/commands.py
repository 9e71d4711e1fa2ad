"""What all operator commands share: output as lines or JSON, dry runs, exit codes.

A command's `perform` does the work and returns its outcome as plain values; `lines` turns that into text.
Progress goes to stderr, so that stdout can be piped.
"""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

from config.shared.progress import Progress

UNMIGRATED = "The tables are not there or not up to date: run `manage.py migrate` first."
EXITS = "Exit code 0: done; 1: it was refused, or found something wrong; 2: the arguments were wrong."
Outcome = dict[str, Any]


class OperatorCommand(BaseCommand):
    """`writes`: whether the command changes anything, and therefore has `--dry-run`."""

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
        """Adds the command's own options."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """With --json, a failure is also written to stdout as a document; its message goes to stderr in any case."""
        self.is_json = options["json"]
        try:
            return self.tried(*args, **options)
        except CommandError as refusal:
            if self.is_json:
                self.stdout.write(orjson.dumps({"error": str(refusal)}).decode())
            raise

    def tried(self, *args: Any, **options: Any) -> Any:
        """Raises CommandError for what an operator can fix: a service that is down, missing tables."""
        try:
            return super().execute(*args, **options)
        except OperationalError as problem:
            raise CommandError(f"PostgreSQL: {first_line(problem)}") from problem
        except RedisError as problem:
            raise CommandError(f"Redis: {first_line(problem)}") from problem
        except ProgrammingError as problem:
            if not waiting_migrations():
                raise
            raise CommandError(UNMIGRATED) from problem

    def handle(self, *args: Any, **options: Any) -> None:
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
        """A bar on a terminal; elsewhere a line for every tenth."""
        return Progress(self.stderr, what, total)


def waiting_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def first_line(problem: Exception) -> str:
    return next(iter(str(problem).strip().splitlines()), type(problem).__name__)


def positive(text: str) -> int:
    """An argument that is a whole number above 0; raises ValueError, which argparse reports."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


__all__ = ["UNMIGRATED", "CommandError", "OperatorCommand", "Outcome", "positive", "waiting_migrations"]
