from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product
from config.shared import staff
from config.shared.actor import Actor
from orders.models.amounts import one_of
from social.models.notifications import public_name


class ReviewStatus(models.TextChoices):
    PUBLISHED = "published"
    HIDDEN = "hidden"


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "ReviewQuerySet":
        """Published reviews of public products; also the actor's own and those of the actor's shop."""
        if staff.may(actor, "social.view_review"):
            return self
        shown = Q(product__in=Product.objects.public(), status=ReviewStatus.PUBLISHED)
        if not actor.is_guest:
            shown |= Q(user_id=actor.user_id)
        return self.filter(shown | Q(product__seller_id=actor.seller_id) if actor.is_seller else shown)


class Review(models.Model):
    """A buyer's review of a product, and the seller's reply. An erased author's review stays without a name."""

    Status = ReviewStatus

    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reviews")
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=150, blank=True)
    body = models.TextField(max_length=5000, blank=True)
    reply = models.TextField(max_length=5000, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=10, choices=ReviewStatus, default=ReviewStatus.PUBLISHED, db_default="published"
    )
    helpful_count = models.PositiveIntegerField(default=0, db_default=0)
    reports_count = models.PositiveIntegerField(default=0, db_default=0)
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
            one_of("review_status", "status", ReviewStatus),
        ]
        indexes = [
            models.Index(fields=["product", "created_at", "id"]),
            models.Index(fields=["product", "rating", "id"]),
            models.Index(fields=["product", "helpful_count", "id"], name="review_by_helpful"),
            models.Index(
                fields=["created_at", "id"], condition=Q(reports_count__gt=0), name="review_reported"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating}/5 of product {self.product_id}"

    @property
    def author(self) -> str | None:
        """The author's name as strangers may see it."""
        return public_name(self.user) if self.user else None

    @property
    def answer(self) -> dict[str, object] | None:
        return {"body": self.reply, "created_at": self.replied_at} if self.replied_at else None

    @property
    def counts(self) -> bool:
        """Whether it counts towards the ratings."""
        return self.status == ReviewStatus.PUBLISHED


class ReviewPhoto(models.Model):
    """A buyer's picture, re-encoded by us."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="photos")
    image = models.FileField(upload_to="reviews/")
    thumbnail = models.FileField(upload_to="reviews/")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.image.name

    @property
    def files(self) -> list[str]:
        return [self.image.name, self.thumbnail.name]


class ReviewVote(models.Model):
    """A user finds a review helpful."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.review_id}"


class ReviewReport(models.Model):
    """A user reports that a review should be removed; staff decide."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="reports")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.user_id} against {self.review_id}"
