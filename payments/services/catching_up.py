"""Webhooks that never came: Stripe's own list of events says what they would have told."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import stripe
from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.models import CatchUp
from payments.services.inbox import keep_event
from payments.webhooks import FOLLOWED, Notice

FIRST = timedelta(days=1)  # how far the first run looks back
KEPT_THERE = timedelta(days=29)  # Stripe keeps events for 30 days
OVERLAP = timedelta(minutes=5)  # clocks differ, and an event may be listed late


def catch_up() -> int:
    """Keeps the events since the last time that we do not know; how many there were. Raises StripeDown.

    Looked at by jobs, as if their webhooks had come. Stripe lists the newest first, so only who has read to the end has
    missed none: then that is remembered, else the next run reads from where this one began.
    Not in a transaction.
    """
    now = timezone.now()
    known = CatchUp.objects.filter(pk=1).values_list("until", flat=True).first()
    since = max(known - OVERLAP if known else now - FIRST, now - KEPT_THERE)
    new = sum(keep_event(notice=notice_of(event)) for page in pages(since) for event in followed(page))
    remember(now)
    return new


def pages(since: datetime) -> Iterator[list[stripe.Event]]:
    """However many there are: each is kept before the next is asked for."""
    params: stripe.params.EventListParams = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    while True:
        page = gateway.call(lambda client: client.v1.events.list(params))
        yield page.data
        if not page.has_more:
            return
        params["starting_after"] = page.data[-1].id


def followed(page: list[stripe.Event]) -> list[stripe.Event]:
    """Oldest first."""
    return [event for event in reversed(page) if event.type.startswith(FOLLOWED)]


def notice_of(event: stripe.Event) -> Notice:
    subject = event.to_dict()["data"]["object"]
    return Notice(event.id, event.type, subject.get("id", "-"))


@transaction.atomic
def remember(until: datetime) -> None:
    CatchUp.objects.update_or_create(pk=1, defaults={"until": until})
