from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Seller
from catalog.models import Brand
from config.shared.actor import Actor
from social.models.own import OwnQuerySet


class Follow(models.Model):
    """A user follows a shop or a brand, whose row counts its followers."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows")
    seller = models.ForeignKey(Seller, models.CASCADE, null=True, blank=True, related_name="follows")
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="follows")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seller__isnull=False, brand=None) | Q(seller=None, brand__isnull=False),
                name="follow_seller_or_brand",
            ),
            models.UniqueConstraint(fields=["user", "seller"], name="follow_seller_once"),
            models.UniqueConstraint(fields=["user", "brand"], name="follow_brand_once"),
        ]
        indexes = [
            models.Index(fields=["user", "created_at", "id"]),
            models.Index(fields=["seller", "user"], name="followers_of_seller"),
            models.Index(fields=["brand", "user"], name="followers_of_brand"),
            models.Index(fields=["seller", "created_at", "id"], name="followers_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.seller or self.brand}"


class BlockQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "BlockQuerySet":
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()


class Block(models.Model):
    """A shop blocks a user: no follow, review, question or message. `name` is the user's name as the shop saw it."""

    seller = models.ForeignKey(Seller, models.CASCADE, related_name="blocks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocked_by")
    name = models.CharField(max_length=160, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seller", "user"], name="block_once")]
        indexes = [models.Index(fields=["seller", "created_at", "id"], name="blocks_of_seller")]

    def __str__(self) -> str:
        return f"{self.seller_id} blocks {self.user_id}"
