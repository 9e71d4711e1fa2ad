from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Seller
from catalog.models import Brand, Product
from config.shared.actor import Actor


class OwnQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "OwnQuerySet":
        """Only one's own, for an admin, too: what somebody follows or is told is nobody else's business."""
        return self.filter(user_id=actor.user_id) if not actor.is_guest else self.none()


class Follow(models.Model):
    """A user follows a shop or a brand. The followed one counts its followers."""

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
        indexes = [models.Index(fields=["user", "created_at", "id"])]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.seller or self.brand}"


class NotificationQuerySet(OwnQuerySet):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(models.Model):
    """Something that a user should know. `data` holds ids and states only: what they mean is read where they live."""

    class Kind(models.TextChoices):
        ORDER_PLACED = "order.placed"
        ORDER_PAID = "order.paid"
        ORDER_SHIPPED = "order.shipped"
        ORDER_DELIVERED = "order.delivered"
        ORDER_CANCELLED = "order.cancelled"
        ORDER_REFUNDED = "order.refunded"
        FOLLOWER_NEW = "follower.new"
        REVIEW_NEW = "review.new"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=30, choices=Kind)
    data = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "order.placed", "order.paid", "order.shipped", "order.delivered", "order.cancelled",
                        "order.refunded", "follower.new", "review.new",
                    ]
                ),
                name="notification_kind_known",
            )
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["user", "created_at", "id"]),
            models.Index(
                fields=["user", "created_at", "id"], condition=Q(read_at=None), name="notification_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"

    @property
    def read(self) -> bool:
        return self.read_at is not None


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "ReviewQuerySet":
        """Reviews of public products; one's own and one's shop's in any case."""
        if actor.is_admin:
            return self
        shown = Q(product__in=Product.objects.public())
        if not actor.is_guest:
            shown |= Q(user_id=actor.user_id)
        return self.filter(shown | Q(product__seller_id=actor.seller_id) if actor.is_seller else shown)


class Review(models.Model):
    """What a buyer says of a product, and what its seller replies. An erased author's review stays, without a name."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reviews")
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=150, blank=True)
    body = models.TextField(max_length=5000, blank=True)
    reply = models.TextField(max_length=5000, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "user"],
                name="review_once",
                violation_error_code="already_reviewed",
                violation_error_message="You have reviewed this product: change that review.",
            ),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_rating_of_5"),
        ]
        indexes = [
            models.Index(fields=["product", "created_at", "id"]),
            models.Index(fields=["product", "rating", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.rating}/5 of product {self.product_id}"

    @property
    def author(self) -> str | None:
        """As strangers may see it: the first name and an initial."""
        names = self.user.name.split() if self.user else []
        return " ".join([*names[:1], *(f"{name[0]}." for name in names[1:][-1:])]) or None

    @property
    def answer(self) -> dict[str, object] | None:
        return {"body": self.reply, "created_at": self.replied_at} if self.replied_at else None
