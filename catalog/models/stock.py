from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Seller
from config.shared.actor import Actor


class LocationQuerySet(models.QuerySet["Location"]):
    def active(self) -> "LocationQuerySet":
        return self.filter(is_active=True)

    def visible_to(self, actor: Actor) -> "LocationQuerySet":
        if actor.is_admin:
            return self.active()
        return self.active().filter(seller_id=actor.seller_id) if actor.is_seller else self.none()


class Location(models.Model):
    """Where stock is kept; the lowest `priority` sells first. A deleted location stays because movements refer to it."""

    seller = models.ForeignKey(Seller, models.CASCADE, related_name="locations")
    name = models.CharField(max_length=100)
    priority = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "name"],
                condition=Q(is_active=True),
                name="location_name",
                violation_error_code="location_exists",
                violation_error_message="This shop has a location of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class StockLevelQuerySet(models.QuerySet["StockLevel"]):
    def visible_to(self, actor: Actor) -> "StockLevelQuerySet":
        if actor.is_admin:
            return self
        return self.filter(variant__seller_id=actor.seller_id) if actor.is_seller else self.none()


class StockLevel(models.Model):
    """The units of a variant at a location, and how many of them are reserved for orders.

    `backorder_limit` is how many units may be sold beyond stock: `on_hand` less `reserved` may fall that far below zero,
    and units that come in cover the debt first. Only `catalog.services` writes levels. `version` counts the owner's
    edits (threshold, limit, corrections), not sales.
    """

    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="levels")
    location = models.ForeignKey(Location, models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    backorder_limit = models.PositiveIntegerField(default=0, db_default=0)
    low_stock_threshold = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="level_variant_location"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(backorder_limit__gte=F("reserved") - F("on_hand")),
                name="level_reserved_within_on_hand",
                violation_error_code="insufficient_stock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}: {self.on_hand} ({self.reserved} reserved)"

    @property
    def available(self) -> int:
        """Unreserved units in stock; negative if units are owed."""
        return self.on_hand - self.reserved

    @property
    def sellable(self) -> int:
        return self.available + self.backorder_limit


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    def visible_to(self, actor: Actor) -> "StockMovementQuerySet":
        if actor.is_admin:
            return self
        return self.filter(level__variant__seller_id=actor.seller_id) if actor.is_seller else self.none()


class StockMovement(models.Model):
    """One change of `on_hand`; rows are only ever inserted. `reference` is a text such as `order:12`."""

    class Kind(models.TextChoices):
        RECEIVED = "received"
        SOLD = "sold"
        RETURNED = "returned"
        ADJUSTED = "adjusted"
        MOVED = "moved"

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    delta = models.IntegerField()
    on_hand_after = models.IntegerField()
    reason = models.CharField(max_length=255, blank=True, db_default="")
    actor = models.CharField(max_length=80, blank=True, db_default="")
    reference = models.CharField(max_length=80, blank=True, db_default="")
    at = models.DateTimeField(db_default=Now(), editable=False)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["received", "sold", "returned", "adjusted", "moved"]),
                name="movement_kind",
            ),
            models.CheckConstraint(condition=~Q(delta=0), name="movement_delta"),
        ]
        indexes = [
            models.Index(fields=["level", "id"]),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="movement_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A stock movement is never changed: write another.")
        super().save(*args, **kwargs)


class StockHold(models.Model):
    """Units of a level reserved for `reference` until `expires_at`; ends as either `released` or `sold`, never both."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        RELEASED = "released"
        SOLD = "sold"

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="holds")
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    reference = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["active", "released", "sold"]), name="hold_status"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="hold_quantity"),
            models.UniqueConstraint(
                fields=["reference", "level"], condition=Q(status="active"), name="hold_reference_level"
            ),
        ]
        indexes = [models.Index(fields=["reference"])]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.reference} ({self.status})"
