from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import Truncator

from config.shared import staff
from config.shared.actor import ADMIN_AUDIENCE, Actor, seller_audience
from config.shared.webhooks.signing import new_secret


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, actor: Actor) -> "EndpointQuerySet":
        """A seller's own endpoints; for staff, the platform's."""
        owners = [seller_audience(actor.seller_id)] if actor.is_seller else []
        if staff.may(actor, "shared.view_webhookendpoint"):
            owners.append(ADMIN_AUDIENCE)
        return self.filter(owner__in=owners)

    def active(self) -> "EndpointQuerySet":
        return self.filter(disabled_at=None)


class WebhookEndpoint(models.Model):
    """Where an owner receives events. `owner` is an audience of the log: `admin` or `seller:<id>`.

    `events` are types; none means all. `failing_since` is the first failure after the last success; `failures` counts
    failures in a row, and `resume_at` is when an endpoint that does not answer is tried again.
    """

    class Reason(models.TextChoices):
        OWNER = "owner"
        FAILING = "failing"
        GONE = "gone"
        SUSPENDED = "suspended"

    owner = models.CharField(max_length=40)
    url = models.CharField(max_length=2048)
    description = models.CharField(max_length=255, blank=True)
    events = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    secret = models.CharField(max_length=80, default=new_secret, editable=False)
    previous_secret = models.CharField(max_length=80, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    resume_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "url"],
                name="webhook_owner_url",
                violation_error_code="url_taken",
                violation_error_message="There is a webhook with this address already.",
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_reason="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_reason="")),
                name="webhook_disabled_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(disabled_reason__in=["", "owner", "failing", "gone", "suspended"]),
                name="webhook_disabled_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {Truncator(self.url).chars(80)}"

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def secrets_in_force(self) -> list[str]:
        is_kept = self.previous_secret_until is not None and self.previous_secret_until > timezone.now()
        return [self.secret, self.previous_secret] if is_kept else [self.secret]

    def wants(self, kind: str, audiences: Any) -> bool:
        """The platform gets every event except those about one person alone; a seller gets those of their shop."""
        if self.events and kind not in self.events:
            return False
        if self.owner == ADMIN_AUDIENCE:
            return not all(audience.startswith("user:") for audience in audiences)
        return self.owner in audiences


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def visible_to(self, actor: Actor) -> "DeliveryQuerySet":
        return self.filter(endpoint__in=WebhookEndpoint.objects.visible_to(actor))

    def due(self) -> "DeliveryQuerySet":
        """The deliveries due now at endpoints that may be tried, by the database's clock."""
        is_awake = Q(endpoint__resume_at=None) | Q(endpoint__resume_at__lte=Now())
        return self.filter(
            is_awake,
            status="pending",
            next_attempt_at__lte=Now(),
            expires_at__gt=Now(),
            endpoint__disabled_at=None,
        )


class WebhookDelivery(models.Model):
    """One event for one endpoint; `body` is signed and sent, the same at each attempt. A test has no position."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    position = models.BigIntegerField(null=True, blank=True)
    type = models.CharField(max_length=50)
    body = models.TextField()
    request_id = models.CharField(max_length=128, blank=True, default="", db_default="", editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    expires_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "position"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "delivered", "failed"]), name="webhook_delivery_status"
            ),
            models.CheckConstraint(
                condition=~Q(status="pending") | Q(next_attempt_at__isnull=False),
                name="webhook_delivery_pending_is_due",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "created_at", "id"], name="webhook_delivery_log"),
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=Q(status="pending"),
                name="webhook_delivery_due",
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_created"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.type}"

    @property
    def message_id(self) -> str:
        """`webhook-id`: the same at each attempt, so that the receiver recognises a repeat."""
        return f"msg_{self.pk}"


class WebhookAttempt(models.Model):
    """One request of a delivery and its answer; `answer` is the body's beginning, `error` why there was no answer."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(db_default=Now(), editable=False)
    url = models.CharField(max_length=2048)
    request_headers = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.CharField(max_length=1024, blank=True)
    error = models.CharField(max_length=255, blank=True)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = [F("id").asc()]
        indexes = [models.Index(fields=["delivery", "id"], name="webhook_attempt_order")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.status or self.error}"
