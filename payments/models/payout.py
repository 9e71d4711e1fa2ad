import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Seller
from config.shared import staff
from config.shared.actor import Actor
from config.shared.money import Money


class PayoutAccountQuerySet(models.QuerySet):
    def locked(self) -> "PayoutAccountQuerySet":
        """FOR UPDATE: everybody who takes from a seller's balance holds this lock."""
        return self.select_for_update(of=("self",), no_key=True)


class PayoutAccount(models.Model):
    """Where a seller's money goes: their account at Stripe (Connect) or, without one, a bank transfer by staff.

    Bank details are kept by Stripe or the operator, never here.
    """

    seller = models.OneToOneField(Seller, models.CASCADE, related_name="payout_account")
    provider_reference = models.CharField(max_length=255, blank=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    payouts_enabled = models.BooleanField(default=False)
    details_submitted = models.BooleanField(default=False)
    requirements = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PayoutAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="payout_account_reference_once",
            )
        ]

    def __str__(self) -> str:
        return self.provider_reference or f"seller {self.seller_id}"

    @property
    def key(self) -> str:
        """Stripe's idempotency key for creating the account."""
        return f"account-{self.seller_id}-{self.token.hex[:12]}"

    @property
    def method(self) -> str:
        return Payout.Method.STRIPE if self.provider_reference else Payout.Method.MANUAL


class PayoutQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "PayoutQuerySet":
        """Staff see all, a seller their own."""
        if staff.may(actor, "payments.view_payout"):
            return self.all()
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()

    def unsent(self) -> "PayoutQuerySet":
        """Payouts that Stripe still has to carry out."""
        return self.filter(method=Payout.Method.STRIPE, status__in=Payout.UNSENT)


class Payout(models.Model):
    """Money on its way to a seller. The row, and its claim in the ledger, are written before anybody is asked to pay.

    `failed`: refused for now and retried under the same name at Stripe; only `cancelled` returns it to the balance.
    `leased_until`: until then one worker has it for sending.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        PAID = "paid"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Method(models.TextChoices):
        STRIPE = "stripe"
        MANUAL = "manual"

    UNSENT = (Status.PENDING, Status.FAILED)

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="payouts")
    method = models.CharField(max_length=10, choices=Method)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    batch = models.UUIDField(editable=False)
    destination = models.CharField(max_length=255, blank=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    provider_reference = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "paid", "failed", "cancelled"]), name="payout_status_known"
            ),
            models.CheckConstraint(condition=Q(method__in=["stripe", "manual"]), name="payout_method_known"),
            models.CheckConstraint(
                condition=~Q(method="stripe") | ~Q(destination=""), name="payout_has_a_destination"
            ),
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="payout_reference_once",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["seller", "created_at", "id"]),
            models.Index(fields=["batch"]),
            models.Index(
                fields=["checked_at"], condition=Q(status__in=["pending", "failed"]), name="payout_unpaid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def group(self) -> str:
        """The payout's name at Stripe, under which its transfers can be found."""
        return f"payout-{self.pk}-{self.batch.hex[:12]}"

    @property
    def key(self) -> str:
        """Stripe's idempotency key."""
        return f"{self.group}-{self.token.hex[:12]}"


class PayoutPeriod(models.Model):
    """The first day of the last period of `PAYOUT_SCHEDULE` whose payouts were made: one row."""

    schedule = models.CharField(max_length=10)
    day = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="payout_period_once")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.day}"
