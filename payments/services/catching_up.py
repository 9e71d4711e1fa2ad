"""Webhooks that never came: Stripe's own list of events says what they would have told."""

from datetime import datetime, timedelta

import stripe
import structlog
from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.models import CatchUp
from payments.services.inbox import keep_event
from payments.webhooks import FOLLOWED, Notice

logger = structlog.get_logger(__name__)
FIRST = timedelta(days=1)  # how far the first run looks back
KEPT_THERE = timedelta(days=29)  # Stripe keeps events for 30 days
OVERLAP = timedelta(minutes=5)  # clocks differ, and an event may be listed late
PAGES = 100  # of a hundred events


def catch_up() -> int:
    """Keeps the events since the last time that we do not know; how many there were. Raises StripeDown.

    Looked at by jobs, as if their webhooks had come.
    Not in a transaction.
    """
    now = timezone.now()
    known = CatchUp.objects.filter(pk=1).values_list("until", flat=True).first()
    since = max(known - OVERLAP if known else now - FIRST, now - KEPT_THERE)
    events = followed_since(since)
    new = sum(keep_event(notice=notice_of(event)) for event in events)
    remember(now)
    return new


def followed_since(since: datetime) -> list[stripe.Event]:
    """Oldest first."""
    params: stripe.params.EventListParams = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    found: list[stripe.Event] = []
    for _ in range(PAGES):
        page = gateway.call(lambda client: client.v1.events.list(params))
        found += [event for event in page.data if event.type.startswith(FOLLOWED)]
        if not page.has_more:
            break
        params["starting_after"] = page.data[-1].id
    else:
        logger.error("events_left_out", since=since.isoformat())
    return found[::-1]


def notice_of(event: stripe.Event) -> Notice:
    subject = event.to_dict()["data"]["object"]
    return Notice(event.id, event.type, subject.get("id", "-"))


@transaction.atomic
def remember(until: datetime) -> None:
    CatchUp.objects.update_or_create(pk=1, defaults={"until": until})
