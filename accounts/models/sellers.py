from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.users import User
from accounts.slugs import RESERVED
from config.shared import staff
from config.shared.actor import Actor


class SellerQuerySet(models.QuerySet["Seller"]):
    def public(self) -> "SellerQuerySet":
        return self.filter(status=Seller.Status.ACTIVE)

    def visible_to(self, actor: Actor) -> "SellerQuerySet":
        """Open shops, the actor's own in any state, and all shops for staff who administer sellers."""
        if staff.may(actor, "accounts.view_seller"):
            return self
        own = Q() if actor.is_guest else Q(user_id=actor.user_id)
        return self.filter(Q(status=Seller.Status.ACTIVE) | own)


class Seller(models.Model):
    """A shop. `version` counts the owner's edits; ratings, followers and counters change without it."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        REJECTED = "rejected"
        SUSPENDED = "suspended"

    # The states in which each decision can be made.
    DECISIONS = {
        Status.ACTIVE: {Status.PENDING, Status.REJECTED, Status.SUSPENDED},
        Status.REJECTED: {Status.PENDING},
        Status.SUSPENDED: {Status.ACTIVE},
    }

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="seller")
    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=80)
    description = models.TextField(max_length=5000, blank=True)
    logo = models.FileField(upload_to="logos/", blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    commission_rate = models.DecimalField(max_digits=7, decimal_places=6, default=Decimal("0.1"))
    rating_sum = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    followers_count = models.PositiveIntegerField(default=0)
    product_count = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SellerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="seller_slug",
                violation_error_code="slug_taken",
                violation_error_message="There is a shop with this slug.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__regex=r"^[0-9]*$") & ~Q(slug__in=sorted(RESERVED)),
                name="seller_slug_is_no_id",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "active", "rejected", "suspended"]), name="seller_status"
            ),
            models.CheckConstraint(condition=Q(commission_rate__range=(0, 1)), name="seller_commission_rate"),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="seller_created"),
            models.Index(fields=["followers_count", "id"], name="seller_followers"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def rating_average(self) -> float | None:
        """Points per review, to two places; None without reviews."""
        return round(self.rating_sum / self.rating_count, 2) if self.rating_count else None

    @property
    def possible_decisions(self) -> list[str]:
        return [str(status) for status, before in self.DECISIONS.items() if self.status in before]
