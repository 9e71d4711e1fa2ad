from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import free_units
from orders.models.coupon import Coupon
from orders.models.rules import RuleBook

MAX_QUANTITY = 999  # of one line
MAX_LINES = 100


class Cart(models.Model):
    """What a user, or a guest, means to buy. A guest's cart is found by the digest of their token.

    Every writer locks the row first. `version` counts the owner's edits (`ETag`). `currency` is that of the first line,
    "" while there is none.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="cart"
    )
    token_digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    coupon = models.ForeignKey(Coupon, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, token_digest__isnull=False) | Q(user__isnull=False, token_digest=None),
                name="cart_one_owner",
            )
        ]

    def __str__(self) -> str:
        return f"cart {self.pk}"


class CartItemQuerySet(models.QuerySet):
    def with_variants(self) -> Self:
        """Each line with its variant, what is `available` of it, the database's `now` and the rules' `mark`."""
        rows = self.select_related("variant__product__seller").defer("variant__product__description")
        return rows.annotate(now=Now(), available=free_units("variant"), mark=RuleBook.mark_now())


class CartItem(models.Model):
    """`price_amount` is the unit price that the owner saw when they last wrote the line.

    A line that `is_saved` is kept for later: the total does not include it, and no order takes it.
    """

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items")
    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    price_amount = models.BigIntegerField()
    is_saved = models.BooleanField(default=False, db_default=False)

    objects = CartItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_item_variant"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="cart_item_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x variant {self.variant_id}"
