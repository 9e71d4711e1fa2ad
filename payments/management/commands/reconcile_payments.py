from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.services import reconcile


class Command(BaseCommand):
    help = "Asks Stripe again about open payments, pending refunds and waiting webhooks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=int, default=60, metavar="SECONDS", help="leave younger ones alone"
        )

    def handle(self, *args: Any, older_than: int, **options: Any) -> None:
        done = reconcile(older_than=timedelta(seconds=older_than))
        self.stdout.write(f"Looked again at {done}.")
