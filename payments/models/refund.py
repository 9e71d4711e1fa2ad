import uuid

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from config.shared.money import Money
from orders.models import OrderItem, OrderPart
from payments.models.payment import Payment


class RefundQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "RefundQuerySet":
        """Staff see all, a seller those of their parts."""
        if staff.may(actor, "payments.view_refund"):
            return self.all()
        return self.filter(part__seller_id=actor.seller_id) if actor.is_seller else self.none()

    def claimed(self) -> int:
        """The sum that they give or gave back, in minor units."""
        return self.exclude(status=Refund.Status.FAILED).aggregate(total=Sum("amount"))["total"] or 0


class Refund(models.Model):
    """Money that goes back. The row, and its claim on `Payment.refund_amount`, precede the request to the provider.

    `part` is the seller's part that is refunded, null for the whole order. `note` is the requester's reason.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    class Reason(models.TextChoices):
        ORDER_CANCELLED = "order_cancelled"
        PART_CANCELLED = "part_cancelled"
        ITEMS_REMOVED = "items_removed"
        RETURNED = "returned"
        TOO_LATE = "too_late"
        REQUESTED = "requested"
        MADE_AT_PROVIDER = "made_at_provider"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=20, choices=Reason)
    part = models.ForeignKey(OrderPart, models.PROTECT, null=True, blank=True, related_name="refunds")
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    provider_reference = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    checked_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "succeeded", "failed"]), name="refund_status_known"
            ),
        ]
        indexes = [models.Index(fields=["checked_at"], condition=Q(status="pending"), name="refund_pending")]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def why(self) -> str:
        return self.note or self.reason

    @property
    def quantities(self) -> dict[int, int]:
        """Item id → number of units; empty unless the refund was requested by items."""
        return {row.item_id: row.quantity for row in self.items.all()}  # type: ignore[attr-defined]

    @property
    def key(self) -> str:
        """Stripe's idempotency key, from the id."""
        return f"refund-{self.pk}-{self.token.hex[:12]}"


class RefundItem(models.Model):
    """The units that a refund by items is for, or was for if it failed."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="items")
    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="refund_items")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "item"], name="refund_item"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="refund_item_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x item {self.item_id}"
