import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from config.shared.money import Money
from orders.models import Order, OrderPart


class PaymentQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "PaymentQuerySet":
        return self.filter(order__in=Order.objects.visible_to(actor))

    def open(self) -> "PaymentQuerySet":
        return self.filter(status__in=Payment.OPEN)


class Payment(models.Model):
    """One attempt to pay an order. Committed before the provider is asked for anything.

    `refund_amount` counts pending and succeeded refunds, so that it can never exceed what was captured. `token` names
    the payment to Stripe; it also makes the idempotency keys, and is renewed when Stripe remembers a failure under one.
    """

    class Provider(models.TextChoices):
        STRIPE = "stripe"
        MANUAL = "manual"

    class Method(models.TextChoices):
        BANK_TRANSFER = "bank_transfer"
        CASH_ON_DELIVERY = "cash_on_delivery"

    class Status(models.TextChoices):
        REQUIRES_PAYMENT_METHOD = "requires_payment_method"
        REQUIRES_ACTION = "requires_action"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"
        PARTIALLY_REFUNDED = "partially_refunded"

    OPEN = (Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_ACTION, Status.PROCESSING)
    CAPTURED = (Status.SUCCEEDED, Status.PARTIALLY_REFUNDED, Status.REFUNDED)
    LIVE = (*OPEN, Status.SUCCEEDED, Status.PARTIALLY_REFUNDED)

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=10, choices=Provider)
    method = models.CharField(max_length=20, choices=Method, blank=True)
    status = models.CharField(max_length=30, choices=Status, default=Status.REQUIRES_PAYMENT_METHOD)
    amount = models.BigIntegerField()
    captured_amount = models.BigIntegerField(default=0)
    refund_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider_reference = models.CharField(max_length=255, blank=True)
    return_url = models.URLField(max_length=2000, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    succeeded_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(
                    status__in=[
                        "requires_payment_method", "requires_action", "processing", "succeeded", "partially_refunded",
                    ]
                ),
                name="payment_one_live_an_order",
                violation_error_code="payment_in_progress",
                violation_error_message="This order has another payment.",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_reference_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(captured_amount__in=[0, F("amount")]), name="payment_captured_whole_or_not"
            ),
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0, refund_amount__lte=F("captured_amount")),
                name="payment_refunds_within_captured",
                violation_error_code="refund_too_large",
                violation_error_message="More than what was paid and not yet refunded.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["succeeded", "partially_refunded", "refunded"], captured_amount__gt=0)
                | (~Q(status__in=["succeeded", "partially_refunded", "refunded"]) & Q(captured_amount=0)),
                name="payment_captured_when_succeeded",
            ),
            models.CheckConstraint(
                condition=Q(provider="stripe", method="")
                | Q(provider="manual", method__in=["bank_transfer", "cash_on_delivery"]),
                name="payment_method_of_provider",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "requires_payment_method", "requires_action", "processing", "succeeded", "failed",
                        "cancelled", "refunded", "partially_refunded",
                    ]
                ),
                name="payment_status_known",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["order", "-id"]),
            models.Index(
                fields=["checked_at"],
                condition=Q(status__in=["requires_payment_method", "requires_action", "processing"]),
                name="payment_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.provider} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def method_or_none(self) -> str | None:
        return self.method or None

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def can_confirm(self) -> bool:
        started = {self.Status.REQUIRES_PAYMENT_METHOD, self.Status.REQUIRES_ACTION}
        return self.provider == self.Provider.STRIPE and self.status in started

    @property
    def can_settle(self) -> bool:
        return self.provider == self.Provider.MANUAL and self.is_open

    @property
    def failure(self) -> dict[str, str] | None:
        return {"code": self.failure_code, "message": self.failure_message} if self.failure_code else None

    def key(self, act: str) -> str:
        """Stripe's idempotency key. The token keeps databases apart that share an account."""
        return f"payment-{self.pk}-{act}-{self.token.hex[:12]}"


class RefundQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "RefundQuerySet":
        """Staff see all, a seller those of their parts."""
        if staff.may(actor, "payments.view_refund"):
            return self.all()
        return self.filter(part__seller_id=actor.seller_id) if actor.is_seller else self.none()

    def claimed(self) -> int:
        """What they give back or have given back, in minor units."""
        return self.exclude(status=Refund.Status.FAILED).aggregate(total=Sum("amount"))["total"] or 0


class Refund(models.Model):
    """Money that goes back. The row, and its claim on `Payment.refund_amount`, come before the provider is asked.

    `part` is the seller's whom it concerns, null when it concerns the whole order. `note` says why in the words of
    whoever requested it.
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
    def key(self) -> str:
        """Stripe's idempotency key, from the id."""
        return f"refund-{self.pk}-{self.token.hex[:12]}"


class StripeEvent(models.Model):
    """The inbox of webhooks. An event is only a hint, so what it says is not kept: the object is read again.

    `parked`: it speaks of something that we do not know (yet); it is looked at again, and kept for staff.
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
