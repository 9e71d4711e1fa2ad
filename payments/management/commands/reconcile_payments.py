from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.services import loose_ends, reconcile


class Command(BaseCommand):
    help = (
        "Asks Stripe again about whatever is not over, finds webhooks that never came and refunds of the dashboard, posts "
        "what the ledger lacks, and reports what is left for people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=int, default=60, metavar="SECONDS", help="leave younger ones alone"
        )

    def handle(self, *args: Any, older_than: int, **options: Any) -> None:
        done = reconcile(older_than=timedelta(seconds=older_than))
        self.stdout.write(f"Looked again at {done}.")
        for line in loose_ends():
            self.stdout.write(f"  {line}")
