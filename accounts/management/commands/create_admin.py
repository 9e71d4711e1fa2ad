import getpass
import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email
from django.db import transaction
from rest_framework.exceptions import ValidationError as InvalidInput

from accounts.services import create_admin
from config.shared.commands import CommandError, OperatorCommand, Outcome
from config.shared.emails import normal_email

VARIABLE = "ADMIN_PASSWORD"


class Command(OperatorCommand):
    help = (
        f"Makes an administrator, or one out of a user who is there. The password is --password, else {VARIABLE}, else it "
        "is asked for. A dry run checks both."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Their e-mail address, by which they log in.")
        parser.add_argument(
            "--password", help=f"Visible to other users of this machine: prefer {VARIABLE} or the prompt."
        )

    def perform(self, *, email: str, password: str | None, dry_run: bool, **options: Any) -> Outcome:
        email = email.strip()
        try:
            email = normal_email(email)
            validate_email(email)
            with transaction.atomic():
                user, is_new = create_admin(email=email, password=password or ask())
                transaction.set_rollback(dry_run)
        except (ValidationError, UnicodeError):
            raise CommandError(f"{email} is not an e-mail address.") from None
        except InvalidInput as broken:
            raise CommandError(" ".join(map(str, broken.detail["password"]))) from None
        return {"email": user.email, "is_new": is_new, "dry_run": dry_run}

    def lines(self, outcome: Outcome) -> list[str]:
        state = "a new" if outcome["is_new"] else "now an"
        state = f"would be {state}" if outcome["dry_run"] else f"is {state}"
        return [f"{outcome['email']} {state} administrator."]


def ask() -> str:
    if password := os.environ.get(VARIABLE):
        return password
    if not sys.stdin.isatty():
        raise CommandError(f"No password: give --password or set {VARIABLE}.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ.")
    return password
