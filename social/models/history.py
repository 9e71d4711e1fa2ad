from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from catalog.models import Product
from social.models.own import OwnQuerySet


class RecentView(models.Model):
    """A product that a user has viewed, and when they last did."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, related_name="views")
    viewed_at = models.DateTimeField(db_default=Now())

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="view_once")]
        indexes = [models.Index(fields=["user", "viewed_at", "id"], name="views_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.product_id}"


class AlsoBought(models.Model):
    """`other` was bought together with `product` in `orders` paid orders; a nightly job rewrites all rows."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="also_bought")
    other = models.ForeignKey(Product, models.CASCADE, related_name="bought_with")
    rank = models.PositiveSmallIntegerField()
    orders = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "also bought"
        constraints = [models.UniqueConstraint(fields=["product", "rank"], name="also_bought_rank")]

    def __str__(self) -> str:
        return f"{self.other_id} with {self.product_id}"
