"""Creates the roles of staff, as Django groups."""

from typing import Any

from django.core.management.base import CommandParser

from config.back_office.roles import ROLES, make_roles, missing
from config.shared.commands import OperatorCommand, Outcome


class Command(OperatorCommand):
    help = (
        f"Makes the groups {', '.join(ROLES)}, by which an administrator gives staff their rights on the admin site and "
        "over the API. Those that are there keep what the operator made of them, unless --anew is given."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--anew", action="store_true", help="Give all of them their first rights again.")

    def perform(self, *, anew: bool, dry_run: bool, **options: Any) -> Outcome:
        if dry_run:
            return {"would_make": list(ROLES) if anew else missing()}
        return {"made": make_roles(anew=anew)}
