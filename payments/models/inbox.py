from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class StripeEvent(models.Model):
    """The inbox of webhooks. An event is only a hint: its content is not stored, the object is read again instead.

    `parked`: the object is unknown (so far); it is looked up again, and the row is kept for staff.
    """

    class Status(models.TextChoices):
        RECEIVED = "received"
        PROCESSED = "processed"
        PARKED = "parked"

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=255)
    status = models.CharField(
        max_length=10, choices=Status, default=Status.RECEIVED, db_default=Status.RECEIVED
    )
    note = models.CharField(max_length=100, blank=True, db_default="")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["received", "processed", "parked"]), name="stripe_event_status_known"
            )
        ]
        indexes = [
            models.Index(
                fields=["received_at"], condition=~Q(status="processed"), name="stripe_event_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.type}"

    def finish(self, status: str, note: str = "", **extra: Any) -> None:
        StripeEvent.objects.filter(pk=self.pk).update(
            status=status, note=note[:100], processed_at=Now(), **extra
        )


class CatchUp(models.Model):
    """Until when Stripe's own list of events has been read, to find webhooks that never came: one row."""

    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="catch_up_once")]

    def __str__(self) -> str:
        return self.until.isoformat()
