from collections.abc import Iterable
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.models import User
from config.demo.data import ADMIN, PASSWORD, PEOPLE
from config.demo.load import NotEmpty, load
from config.demo.people import TEST
from config.shared.commands import UNMIGRATED, CommandError, OperatorCommand, Outcome, waiting_migrations

FOREIGN = (
    "This database is not the embedded one (DB_HOST is set): the demo makes an administrator whose password everybody "
    "knows. Give --force if that is what you want."
)
FULL = "This database has users already: the demo is loaded into an empty one. `make reset` empties the embedded one."


class Command(OperatorCommand):
    help = (
        "Loads a demo marketplace into an empty embedded database: shops, products with pictures, and a past of "
        "orders. Everything or nothing: a load that is interrupted leaves the database empty."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing when there are users already."
        )
        parser.add_argument(
            "--force", action="store_true", help="Load into a database that is not the embedded one."
        )

    def perform(self, *, if_empty: bool, force: bool, dry_run: bool, **options: Any) -> Outcome:
        if not (settings.EMBEDDED_POSTGRES or force):
            raise CommandError(FOREIGN)
        if waiting_migrations():
            raise CommandError(UNMIGRATED)
        if dry_run or (if_empty and User.objects.exists()):
            return {"loaded": False, "would_load": not User.objects.exists()}
        started = monotonic()
        try:
            load(report=self.tell)
        except NotEmpty:
            if not if_empty:
                raise CommandError(FULL) from None
            return {"loaded": False, "would_load": False}
        logins = [ADMIN, *(person.email for person in PEOPLE if person.email.endswith(TEST))]
        return {
            "loaded": True,
            "seconds": round(monotonic() - started),
            "log_ins": logins,
            "password": PASSWORD,
        }

    def lines(self, outcome: Outcome) -> Iterable[str]:
        if outcome["loaded"]:
            log_ins = " ".join(outcome["log_ins"])
            yield f"Loaded in {outcome['seconds']} s. Log in as {log_ins}, password {outcome['password']}"
        elif outcome["would_load"]:
            yield "The database is empty: the demo would be loaded."

    def tell(self, text: str) -> None:
        stream = self.stderr if self.is_json else self.stdout
        stream.write(text)
        stream.flush()
