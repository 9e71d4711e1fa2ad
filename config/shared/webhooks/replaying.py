"""Delivers events of the log again that an endpoint missed or lost."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from config.shared.events import log
from config.shared.events.declared import CONTROL
from config.shared.events.log import Placed
from config.shared.models import EventRecord
from config.shared.webhooks.models import WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.queue import wake
from config.shared.webhooks.reader import delivery_of
from config.shared.webhooks.services import wakeful

ANEW = ["status", "attempts", "next_attempt_at", "expires_at", "delivered_at"]


def before(moment: datetime) -> int:
    """The position just before the events from that moment on."""
    return EventRecord.objects.filter(at__lt=moment).aggregate(last=Max("position"))["last"] or 0


def wanted(
    endpoint: WebhookEndpoint, *, after: int, until: int, types: Collection[str]
) -> Iterator[list[Placed]]:
    """The events that the endpoint may receive and, with `types`, that have one of them. Pages may be empty."""
    while page := log.between(after, until):
        after = page[-1].position
        yield [
            event for event in page
            if event.stream != CONTROL and endpoint.wants(event.type, event.audiences) and (not types or event.type in types)
        ]  # fmt: skip


def replay(
    *,
    endpoint: WebhookEndpoint,
    after: int,
    until: int,
    types: Collection[str],
    report: Callable[[int], object],
) -> int:
    """Delivers the events, with the same `webhook-id` if they were delivered before; returns how many.

    Each page is one transaction, so a killed run can be continued from its last report. Raises WebhookInactive.
    """
    count = 0
    for events in wanted(endpoint, after=after, until=until, types=types):
        send(endpoint.pk, events)
        count += len(events)
        report(count)
    return count


@transaction.atomic
def send(endpoint_id: int, events: list[Placed]) -> None:
    """Creates deliveries of the events, or makes existing ones due again."""
    endpoint, now = wakeful(endpoint_id), timezone.now()
    rows = [delivery_of(endpoint, event) for event in events]
    for row in rows:
        row.next_attempt_at = now
    WebhookDelivery.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["endpoint", "position"], update_fields=ANEW
    )
    if rows:
        wake([endpoint_id])
