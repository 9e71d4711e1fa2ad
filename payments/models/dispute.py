from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from config.shared.money import Money
from orders.models import Order
from payments.models.payment import Payment


class DisputeQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "DisputeQuerySet":
        """Staff see all, a seller those of orders that they have a part in."""
        if staff.may(actor, "payments.view_dispute"):
            return self.all()
        if not actor.is_seller:
            return self.none()
        return self.filter(payment__order__in=Order.objects.filter(parts__seller=actor.seller_id))


class Dispute(models.Model):
    """A customer's bank takes the money back until the evidence is judged. `inquiry`: the bank only asks so far."""

    class Status(models.TextChoices):
        INQUIRY = "inquiry"
        OPEN = "open"
        WON = "won"
        LOST = "lost"
        CLOSED = "closed"

    CLOSED = (Status.WON, Status.LOST, Status.CLOSED)

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    provider_reference = models.CharField(max_length=255, unique=True)
    due_by = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["inquiry", "open", "won", "lost", "closed"]),
                name="dispute_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["status"], condition=Q(status__in=["inquiry", "open"]), name="dispute_open"),
        ]

    def __str__(self) -> str:
        return f"{self.provider_reference} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_closed(self) -> bool:
        return self.status in self.CLOSED
