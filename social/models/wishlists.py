from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product, Variant
from config.shared.actor import Actor
from config.shared.money import Money
from orders.models.amounts import one_of
from social.models.own import OwnQuerySet


class Wishlist(models.Model):
    """A customer's wishlist. Private unless shared; then everybody with its link may read it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wishlists")
    name = models.CharField(max_length=100)
    is_default = models.BooleanField(default=False)
    share_token = models.CharField(max_length=43, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="wishlist_default"),
        ]
        indexes = [models.Index(fields=["user", "created_at", "id"], name="wishlists_of_user")]

    def __str__(self) -> str:
        return self.name


class WishlistItemQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "WishlistItemQuerySet":
        """Items of the actor's own lists."""
        return self.filter(wishlist__user=actor.user_id) if not actor.is_guest else self.none()


class WishlistItem(models.Model):
    wishlist = models.ForeignKey(Wishlist, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = WishlistItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["wishlist", "product", "variant"], nulls_distinct=False, name="wish_once"
            )
        ]
        indexes = [models.Index(fields=["wishlist", "created_at", "id"], name="wishes_of_list")]

    def __str__(self) -> str:
        return f"{self.product_id} on {self.wishlist_id}"


class WatchEvent(models.TextChoices):
    BACK_IN_STOCK = "back_in_stock"
    PRICE_DROP = "price_drop"


class Watch(models.Model):
    """A customer waits until a product, or one of its variants, is back in stock or costs less than `price`.

    Sending the alert deletes the row.
    """

    Event = WatchEvent

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, models.CASCADE, null=True, blank=True, related_name="+")
    event = models.CharField(max_length=20, choices=WatchEvent)
    price_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            one_of("watch_event", "event", WatchEvent),
            models.UniqueConstraint(
                fields=["user", "product", "variant", "event"], nulls_distinct=False, name="watch_once"
            ),
            models.CheckConstraint(
                condition=Q(event="back_in_stock") | Q(price_amount__isnull=False), name="watch_price"
            ),
        ]
        indexes = [
            models.Index(fields=["product", "id"], name="watches_of_product"),
            models.Index(fields=["user", "created_at", "id"], name="watches_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} waits for {self.event} of {self.product_id}"

    @property
    def price(self) -> Money | None:
        return None if self.price_amount is None else Money(self.price_amount, self.currency)
