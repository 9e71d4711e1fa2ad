import getpass
import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from rest_framework.exceptions import ValidationError as InvalidInput

from accounts.services import create_admin
from config.shared.emails import normal_email

VARIABLE = "ADMIN_PASSWORD"


class Command(BaseCommand):
    help = f"Makes an administrator. The password is --password, else {VARIABLE}, else it is asked for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--password", help=f"visible to other users of this machine: prefer {VARIABLE} or the prompt"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip()
        try:
            email = normal_email(email)
            validate_email(email)
            user, is_new = create_admin(email=email, password=options["password"] or ask())
        except (ValidationError, UnicodeError):
            raise CommandError(f"{email} is not an e-mail address.") from None
        except InvalidInput as broken:
            raise CommandError(" ".join(map(str, broken.detail["password"]))) from None
        self.stdout.write(f"{user.email} is {'a new' if is_new else 'now an'} administrator.")


def ask() -> str:
    if password := os.environ.get(VARIABLE):
        return password
    if not sys.stdin.isatty():
        raise CommandError(f"No password: give --password or set {VARIABLE}.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ.")
    return password
