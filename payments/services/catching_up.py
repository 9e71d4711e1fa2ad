"""Finds webhooks that never came in Stripe's own list of events."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import stripe
from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.models import CatchUp
from payments.services.inbox import keep_event
from payments.webhooks import FOLLOWED, Notice

FIRST = timedelta(days=1)  # how far back the first run reads
KEPT_THERE = timedelta(days=29)  # Stripe keeps events for 30 days
OVERLAP = timedelta(minutes=5)  # clocks differ, and an event may be listed late


def catch_up() -> int:
    """Stores events since the last run that are not known; returns how many. Raises StripeDown.

    Jobs process them as if their webhooks had come. Stripe lists the newest first, so only a run that reads the list to
    its end stores its time; otherwise the next run starts where this one did.
    Not in a transaction.
    """
    now = timezone.now()
    known = CatchUp.objects.filter(pk=1).values_list("until", flat=True).first()
    since = max(known - OVERLAP if known else now - FIRST, now - KEPT_THERE)
    new = sum(keep_event(notice=notice_of(event)) for page in pages(since) for event in followed(page))
    remember(now)
    return new


def pages(since: datetime) -> Iterator[list[stripe.Event]]:
    """All pages; the caller stores the events of each before the next is requested."""
    params: stripe.params.EventListParams = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    while True:
        page = gateway.call(lambda client: client.v1.events.list(params))
        yield page.data
        if not page.has_more:
            return
        params["starting_after"] = page.data[-1].id


def followed(page: list[stripe.Event]) -> list[stripe.Event]:
    """The events that are processed, oldest first."""
    return [event for event in reversed(page) if event.type.startswith(FOLLOWED)]


def notice_of(event: stripe.Event) -> Notice:
    subject = event.to_dict()["data"]["object"]
    return Notice(event.id, event.type, subject.get("id", "-"))


@transaction.atomic
def remember(until: datetime) -> None:
    CatchUp.objects.update_or_create(pk=1, defaults={"until": until})
