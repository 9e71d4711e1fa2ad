"""What owners can do with their webhooks, and what ends them."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from config.shared.errors import Conflict
from config.shared.events import log, readers
from config.shared.logs import request_id_now
from config.shared.webhooks.backoff import KEPT_TRYING
from config.shared.webhooks.events import WebhookDisabled
from config.shared.webhooks.models import WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.queue import wake
from config.shared.webhooks.signals import webhook_disabled
from config.shared.webhooks.signing import body_of, new_secret

MAX_ENDPOINTS = 10  # of one owner
ROTATION = timedelta(days=1)  # for which the old secret also signs
READER, TEST = "webhooks", "webhook.test"
Reason = WebhookEndpoint.Reason
ANNOUNCED = (Reason.FAILING, Reason.GONE)


class TooManyWebhooks(Conflict):
    code = "too_many_webhooks"
    detail = f"An owner has at most {MAX_ENDPOINTS} webhooks."


class WebhookInactive(Conflict):
    code = "webhook_inactive"
    detail = "This webhook is not active: activate it first."


@transaction.atomic
def create_webhook(
    *, owner: str, url: str, events: Collection[str] = (), description: str = ""
) -> WebhookEndpoint:
    """Creates an endpoint that gets events from now on. Raises TooManyWebhooks, IntegrityError (409 url_taken)."""
    readers.begin(READER)
    with connection.cursor() as cursor:  # otherwise two at once could both pass the limit
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"webhooks {owner}"])
    if WebhookEndpoint.objects.filter(owner=owner).count() >= MAX_ENDPOINTS:
        raise TooManyWebhooks
    return WebhookEndpoint.objects.create(
        owner=owner, url=url, events=sorted(set(events)), description=description
    )


@transaction.atomic
def change_webhook(*, endpoint: WebhookEndpoint, changes: dict[str, Any]) -> WebhookEndpoint:
    """Changes address, filter or description; the owner may (de)activate it. Raises IntegrityError (409 url_taken)."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    is_active = changes.pop("is_active", endpoint.is_active)
    for name, value in changes.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=list(changes))
    if is_active and not endpoint.is_active:
        enable(endpoint)
    elif endpoint.is_active and not is_active:
        disable(endpoint=endpoint, reason=Reason.OWNER)
    return endpoint


def enable(endpoint: WebhookEndpoint) -> None:
    """Reactivates it and sends what waited meanwhile and has not expired. Needs the endpoint's lock."""
    endpoint.disabled_at, endpoint.disabled_reason = None, ""
    endpoint.failures, endpoint.failing_since, endpoint.resume_at = 0, None, None
    endpoint.save(update_fields=["disabled_at", "disabled_reason", "failures", "failing_since", "resume_at"])
    wake([endpoint.pk])


def disable(*, endpoint: WebhookEndpoint, reason: str) -> None:
    """Sends it nothing more; the owner is notified if it failed or is gone. Needs the endpoint's lock."""
    if not endpoint.is_active:
        return
    endpoint.disabled_at, endpoint.disabled_reason = timezone.now(), reason
    endpoint.save(update_fields=["disabled_at", "disabled_reason"])
    if reason in ANNOUNCED:
        log.append(WebhookDisabled(webhook=str(endpoint.pk), reason=reason), audiences=[endpoint.owner])
        webhook_disabled.send(sender=WebhookEndpoint, endpoint=endpoint)


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Makes a new secret; the previous one also signs for another day."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.previous_secret_until = timezone.now() + ROTATION
    endpoint.save(update_fields=["previous_secret", "secret", "previous_secret_until"])
    return endpoint


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Sends a test delivery, which belongs to no event. Raises WebhookInactive."""
    endpoint = wakeful(endpoint.pk)
    now = timezone.now()
    body = body_of(TEST, now, {"webhook": str(endpoint.pk)})
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, type=TEST, body=body, request_id=request_id_now(), expires_at=now + KEPT_TRYING
    )
    wake([endpoint.pk])
    return delivery


def wakeful(endpoint_id: int) -> WebhookEndpoint:
    """The endpoint, locked, with its pause after failures ended. Raises WebhookInactive."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if not endpoint.is_active:
        raise WebhookInactive
    endpoint.resume_at = None
    endpoint.save(update_fields=["resume_at"])
    return endpoint


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Sends it once more, with the same `webhook-id`, and retries as for a new one. Raises WebhookInactive."""
    wakeful(delivery.endpoint_id)
    now = timezone.now()
    delivery.status, delivery.attempts = WebhookDelivery.Status.PENDING, 0
    delivery.next_attempt_at, delivery.expires_at, delivery.delivered_at = now, now + KEPT_TRYING, None
    delivery.save(update_fields=["status", "attempts", "next_attempt_at", "expires_at", "delivered_at"])
    wake([delivery.endpoint_id])
    return delivery


@transaction.atomic
def pause_webhooks(*, owner: str) -> None:
    """Disables the owner's webhooks while the shop is suspended."""
    for endpoint in WebhookEndpoint.objects.select_for_update().filter(owner=owner).active().order_by("pk"):
        disable(endpoint=endpoint, reason=Reason.SUSPENDED)


@transaction.atomic
def resume_webhooks(*, owner: str) -> None:
    """Reactivates those that `pause_webhooks` disabled, and no others."""
    paused = WebhookEndpoint.objects.filter(owner=owner, disabled_reason=Reason.SUSPENDED)
    for endpoint in paused.select_for_update().order_by("pk"):
        enable(endpoint)


def forget_webhooks(*, owner: str) -> int:
    """Deletes the owner's webhooks with all their deliveries."""
    return WebhookEndpoint.objects.filter(owner=owner).delete()[0]


def export_webhooks(*, owner: str) -> list[dict[str, Any]]:
    columns = ("url", "description", "events", "created_at")
    return list(WebhookEndpoint.objects.filter(owner=owner).order_by("pk").values(*columns))


def prune_deliveries() -> int:
    """Removes settled deliveries older than the retention, with their attempts."""
    limit = timezone.now() - settings.WEBHOOK_LOG_RETENTION
    settled = WebhookDelivery.objects.exclude(status=WebhookDelivery.Status.PENDING)
    return settled.filter(created_at__lt=limit).delete()[0]
