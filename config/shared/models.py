from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from config.shared.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "EventHead",
    "EventRecord",
    "IdempotencyRecord",
    "LogReader",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]


class IdempotencyRecord(models.Model):
    """The answer given to a caller's key; `status` is null while the act still calls another service."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField(max_length=64, blank=True)
    calling_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.BinaryField(default=b"", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_caller_key")]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class EventRecord(models.Model):
    """One row of the event log, appended in the transaction of what it reports.

    `position` is its place in the order that every reader sees. The relay sets it after the commit, since a sequence
    does not know which commit came first. `audiences` are texts such as `user:7`, `seller:3`, `product:12`, `admin`.
    """

    type = models.CharField(max_length=50)
    version = models.PositiveSmallIntegerField(default=1)
    stream = models.CharField(max_length=20)
    audiences = ArrayField(models.CharField(max_length=40))
    data = models.JSONField()
    at = models.DateTimeField(db_default=Now(), editable=False)
    position = models.BigIntegerField(null=True, unique=True, editable=False)
    request_id = models.CharField(max_length=128, blank=True, default="", db_default="", editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(position=None), name="event_unplaced"),
            GinIndex(fields=["audiences"], name="event_audiences"),
        ]

    def __str__(self) -> str:
        return f"{self.position or '-'} {self.type}"


class EventHead(models.Model):
    """One row: the last position assigned. Relays lock it, so that two cannot assign the same position."""

    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.position)


class LogReader(models.Model):
    """The position of a reader of the event log; the row is locked while it reads."""

    name = models.CharField(max_length=30, primary_key=True)
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
