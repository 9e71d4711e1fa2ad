from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from config.shared.commands import OperatorCommand, Outcome
from payments.services import loose_ends, reconcile, unreconciled


class Command(OperatorCommand):
    help = (
        "Asks Stripe again about whatever is not over, finds webhooks that never came and refunds of the dashboard, posts "
        "what the ledger lacks, and reports what is left for people. A dry run asks Stripe nothing."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=int,
            default=60,
            metavar="SECONDS",
            help="Leave younger ones alone (default 60).",
        )

    def perform(self, *, older_than: int, dry_run: bool, **options: Any) -> Outcome:
        age = timedelta(seconds=older_than)
        done = (
            {"would_look_at": unreconciled(older_than=age)}
            if dry_run
            else {"looked_at": reconcile(older_than=age)}
        )
        return {**done, "left_for_people": list(loose_ends())}

    def lines(self, outcome: Outcome) -> Iterable[str]:
        if "looked_at" in outcome:
            yield f"Looked again at {outcome['looked_at']}."
        for name, count in outcome.get("would_look_at", {}).items():
            yield f"Would look at {count} {name}."
        yield from (f"  {line}" for line in outcome["left_for_people"])
