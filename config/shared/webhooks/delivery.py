"""Sends deliveries one by one: claim, send, record. Only the sending is outside a transaction.

A crash between sending and recording causes a repeat with the same `webhook-id`; a crash before sending loses nothing.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from config.shared import outbound
from config.shared.webhooks import backoff, signing
from config.shared.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.services import disable

logger = structlog.get_logger(__name__)
BUDGET = 30.0  # seconds after which a job gives way to another
LEASE = timedelta(seconds=60)  # after which a claimed but unrecorded delivery is due again
MAX_ANSWER = 1000  # characters of an answer that the log keeps
SUCCESS, GONE = range(200, 300), 410
Status = WebhookDelivery.Status


@dataclass(frozen=True, slots=True)
class Outcome:
    headers: dict[str, str]
    status: int | None = None
    answer: str = ""
    error: str = ""
    seconds: float = 0.0
    retry_after: timedelta = timedelta(0)

    @property
    def is_success(self) -> bool:
        return self.status in SUCCESS


def send_due(*, endpoint_id: int) -> bool:
    """Sends until nothing is due; returns True if it ran out of time with deliveries left."""
    begun = time.monotonic()
    while (delivery := claim(endpoint_id)) is not None:
        record(delivery, attempt(delivery))
        if time.monotonic() - begun > BUDGET:
            return True
    return False


@transaction.atomic
def claim(endpoint_id: int) -> WebhookDelivery | None:
    """Claims the next delivery in the order in which they became due; nobody else can claim it meanwhile."""
    due = WebhookDelivery.objects.due().filter(endpoint_id=endpoint_id).select_related("endpoint")
    delivery = due.order_by("next_attempt_at", "pk").select_for_update(of=("self",), skip_locked=True).first()
    if delivery is not None:
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            attempts=F("attempts") + 1, next_attempt_at=Now() + LEASE
        )
    return delivery


def attempt(delivery: WebhookDelivery) -> Outcome:
    endpoint, body = delivery.endpoint, delivery.body
    headers = signing.headers(endpoint.secrets_in_force, delivery.message_id, int(time.time()), body)
    if delivery.request_id:
        headers["X-Request-Id"] = delivery.request_id
    try:
        answer = outbound.send(
            "POST", endpoint.url, body=body.encode(), headers=headers, max_answer=MAX_ANSWER
        )
    except outbound.OutboundError as problem:
        return Outcome(headers, error=f"{problem.code}: {problem}")
    text = answer.body.decode(errors="replace").replace("\x00", "")
    wish = backoff.wished(answer.headers.get("retry-after", ""))
    return Outcome(headers, answer.status, text[:MAX_ANSWER], seconds=answer.seconds, retry_after=wish)


@transaction.atomic
def record(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Locks the endpoint, then the delivery; if either was deleted meanwhile, records nothing."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    delivery = WebhookDelivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if endpoint is None or delivery is None:
        return
    WebhookAttempt.objects.create(
        delivery=delivery,
        url=endpoint.url,
        request_headers=outcome.headers,
        status=outcome.status,
        answer=outcome.answer,
        error=outcome.error,
        seconds=outcome.seconds,
    )
    if outcome.is_success:
        succeed(endpoint, delivery)
    else:
        fail(endpoint, delivery, outcome)


def succeed(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    delivery.status, delivery.next_attempt_at, delivery.delivered_at = Status.DELIVERED, None, timezone.now()
    delivery.save(update_fields=["status", "next_attempt_at", "delivered_at"])
    if endpoint.failures:
        endpoint.failures, endpoint.failing_since, endpoint.resume_at = 0, None, None
        endpoint.save(update_fields=["failures", "failing_since", "resume_at"])


def fail(endpoint: WebhookEndpoint, delivery: WebhookDelivery, outcome: Outcome) -> None:
    now = timezone.now()
    again = now + max(backoff.pause_after(delivery.attempts), outcome.retry_after)
    if again > delivery.expires_at:
        delivery.status, delivery.next_attempt_at = Status.FAILED, None
    else:
        delivery.next_attempt_at = again
    delivery.save(update_fields=["status", "next_attempt_at"])
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    pause = backoff.pause_of_endpoint(endpoint.failures)
    endpoint.resume_at = now + pause if pause else None
    endpoint.save(update_fields=["failures", "failing_since", "resume_at"])
    if outcome.status == GONE:
        disable(endpoint=endpoint, reason=WebhookEndpoint.Reason.GONE)
    elif endpoint.failing_since <= now - backoff.DISABLED_AFTER:
        disable(endpoint=endpoint, reason=WebhookEndpoint.Reason.FAILING)


def endpoints_with_due() -> list[int]:
    return list(WebhookDelivery.objects.due().values_list("endpoint_id", flat=True).distinct())


def give_up_expired() -> int:
    """Marks deliveries that waited too long as failed, also those of disabled endpoints."""
    expired = WebhookDelivery.objects.filter(status=Status.PENDING, expires_at__lte=Now())
    return expired.update(status=Status.FAILED, next_attempt_at=None)
