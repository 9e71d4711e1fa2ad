import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Now

from config.shared.actor import Actor
from config.shared.money import Money
from orders.models import Order


class PaymentQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "PaymentQuerySet":
        return self.filter(order__in=Order.objects.visible_to(actor))

    def open(self) -> "PaymentQuerySet":
        return self.filter(status__in=Payment.OPEN)

    def live(self) -> "PaymentQuerySet":
        """Open or captured and not fully refunded, without surplus; an order has at most one."""
        return self.filter(status__in=Payment.LIVE, is_surplus=False)

    def with_intent(self, intent: str) -> "PaymentQuerySet":
        """The payment to which Stripe's intent belongs."""
        own = Q(provider_reference=intent) | Q(intent_reference=intent)
        return self.filter(own, provider=Payment.Provider.STRIPE)

    def with_left(self) -> "PaymentQuerySet":
        """`left_amount`: not claimed by refunds nor lost to disputes; negative if both took the same money."""
        lost = Payment.objects.filter(pk=OuterRef("pk"), disputes__status="lost").values("pk")
        taken = Coalesce(Subquery(lost.annotate(lost=Sum("disputes__amount")).values("lost")), 0)
        return self.annotate(left_amount=F("captured_amount") - F("refund_amount") - taken)

    def refundable(self) -> "PaymentQuerySet":
        """Payments with captured money left that nobody has claimed: see `with_left`."""
        return self.with_left().filter(captured_amount__gt=F("refund_amount"), left_amount__gt=0)


class Payment(models.Model):
    """One attempt to pay an order. Committed before the provider is asked for anything.

    `refund_amount` counts pending and succeeded refunds, so that they can never exceed the captured amount. `token`
    names the payment to Stripe and is part of the idempotency keys; it is renewed when Stripe stores a failure under
    one. A checkout's `provider_reference` is its session, `intent_reference` the session's intent. `is_surplus`:
    captured when the order needed no money (any more), so all of it goes back. The fee is Stripe's, null until known.
    """

    class Provider(models.TextChoices):
        STRIPE = "stripe"
        MANUAL = "manual"

    class Method(models.TextChoices):
        CHECKOUT = "checkout"
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
    intent_reference = models.CharField(max_length=255, blank=True, default="", db_default="")
    charge_reference = models.CharField(max_length=255, blank=True, default="", db_default="")
    customer_reference = models.CharField(max_length=255, blank=True, default="", db_default="")
    is_surplus = models.BooleanField(default=False, db_default=False)
    fee_amount = models.BigIntegerField(null=True, blank=True)
    fee_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
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
                    ],
                    is_surplus=False,
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
                condition=Q(provider="stripe", method__in=["", "checkout"])
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
                condition=Q(provider="stripe", captured_amount__gt=0, fee_amount__isnull=True),
                name="payment_fee_unknown",
            ),
            models.Index(
                fields=["intent_reference"],
                condition=~Q(intent_reference=""),
                name="payment_intent_reference",
            ),
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
    def intent_id(self) -> str:
        """Id of Stripe's intent; empty until there is one."""
        return self.intent_reference if self.is_checkout else self.provider_reference

    @property
    def is_checkout(self) -> bool:
        return self.method == self.Method.CHECKOUT

    @property
    def method_or_none(self) -> str | None:
        return self.method or None

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def can_confirm(self) -> bool:
        started = {self.Status.REQUIRES_PAYMENT_METHOD, self.Status.REQUIRES_ACTION}
        return self.provider == self.Provider.STRIPE and not self.is_checkout and self.status in started

    @property
    def can_settle(self) -> bool:
        return self.provider == self.Provider.MANUAL and self.is_open

    @property
    def lost_amount(self) -> int:
        """What banks took back for good, in minor units."""
        lost = self.disputes.filter(status="lost")  # type: ignore[attr-defined]
        return lost.aggregate(total=Sum("amount"))["total"] or 0

    @property
    def failure(self) -> dict[str, str] | None:
        return {"code": self.failure_code, "message": self.failure_message} if self.failure_code else None

    def key(self, act: str) -> str:
        """Stripe's idempotency key. The token makes it unique across databases that share an account."""
        return f"payment-{self.pk}-{act}-{self.token.hex[:12]}"
