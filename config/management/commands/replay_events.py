"""Sends events of the log to a webhook again: after a receiver's outage, or for a new one."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config.shared.commands import CommandError, OperatorCommand, Outcome
from config.shared.errors import Problem
from config.shared.events import log
from config.shared.models import WebhookEndpoint
from config.shared.webhooks import replaying


class Command(OperatorCommand):
    help = (
        "Delivers events of the log to a webhook again, in their order: those that it was told of before keep their "
        "webhook-id, so that a receiver knows the repetition. Only what it may be told of, as far back as the log reaches "
        "(EVENT_RETENTION). The worker sends them."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--webhook", type=int, required=True, metavar="ID", help="The webhook that is told."
        )
        start = parser.add_mutually_exclusive_group(required=True)
        start.add_argument(
            "--after", type=int, metavar="POSITION", help="From behind this position of the log on."
        )
        start.add_argument(
            "--since", type=moment, metavar="TIME", help="From this time on, such as 2026-01-31T12:00Z."
        )
        parser.add_argument(
            "--until", type=int, metavar="POSITION", help="Up to this position (default: the end)."
        )
        parser.add_argument(
            "--type",
            action="append",
            default=[],
            dest="types",
            metavar="TYPE",
            help="Only this type; repeatable.",
        )

    def perform(self, *, webhook: int, dry_run: bool, types: list[str], **options: Any) -> Outcome:
        endpoint = WebhookEndpoint.objects.filter(pk=webhook).first()
        if endpoint is None:
            raise CommandError(f"There is no webhook {webhook}.")
        after = options["after"] if options["since"] is None else replaying.before(options["since"])
        until = log.head() if options["until"] is None else options["until"]
        span = {"after": max(0, after), "until": until, "types": set(types)}
        if dry_run:
            pages = replaying.wanted(endpoint, **span)
            return {"webhook": endpoint.url, "would_deliver": sum(map(len, pages))}
        try:
            with self.progress("events", max(0, until - span["after"])) as progress:
                count = replaying.replay(endpoint=endpoint, report=progress.reach, **span)
        except Problem as refusal:
            raise CommandError(str(refusal.detail)) from None
        return {"webhook": endpoint.url, "delivering": count}


def moment(text: str) -> datetime:
    """A time; without a zone it is UTC. Raises ValueError, which argparse reports."""
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)
