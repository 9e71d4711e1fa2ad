"""Reads the log for all endpoints."""

from collections.abc import Iterable

from django.utils import timezone

from config.shared.events.declared import CONTROL
from config.shared.events.log import Placed
from config.shared.webhooks.backoff import KEPT_TRYING
from config.shared.webhooks.models import WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.queue import wake
from config.shared.webhooks.signing import body_of


def take(events: Iterable[Placed]) -> None:
    """Writes a delivery for each endpoint that wants an event, and the jobs that send them. Needs a transaction."""
    endpoints = list(WebhookEndpoint.objects.active().order_by("pk"))
    rows = [
        delivery_of(endpoint, event)
        for event in events
        if event.stream != CONTROL
        for endpoint in endpoints
        if endpoint.wants(event.type, event.audiences)
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    wake({row.endpoint_id for row in rows})


def delivery_of(endpoint: WebhookEndpoint, event: Placed) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        position=event.position,
        type=event.type,
        body=body_of(event.type, event.at, event.data, id=str(event.position)),
        request_id=event.request_id,
        expires_at=timezone.now() + KEPT_TRYING,
    )
