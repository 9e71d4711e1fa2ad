from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Product
from config.shared.actor import Actor
from social.models.notifications import public_name


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
        """As strangers may see it: what the author allows."""
        return public_name(self.user) if self.user else None

    @property
    def answer(self) -> dict[str, object] | None:
        return {"body": self.reply, "created_at": self.replied_at} if self.replied_at else None
