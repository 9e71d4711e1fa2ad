from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from config.shared.money import Money
from orders.models.amounts import MoneyOf


@dataclass(frozen=True, slots=True)
class BuyGet:
    """In every `buy` + `get` units, the cheapest `get` are reduced by `percent`."""

    buy: int
    get: int
    percent: Decimal


class CouponQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see all, a seller their own; nobody sees deleted ones."""
        kept = self.filter(archived_at=None)
        if staff.may(actor, "orders.view_coupon"):
            return kept
        return kept.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()

    def current(self) -> Self:
        """Those whose validity period includes now, by the database's clock."""
        begun = Q(starts_at=None) | Q(starts_at__lte=Now())
        return self.filter(begun, Q(ends_at=None) | Q(ends_at__gt=Now()), archived_at=None)

    def automatic_for(self, seller_ids: Collection[int]) -> Self:
        """The promotions without a code, in the order in which they apply; the caller checks their validity period."""
        kept = self.filter(archived_at=None, is_automatic=True)
        return kept.filter(Q(seller=None) | Q(seller__in=seller_ids)).order_by("pk")


class Coupon(models.Model):
    """A discount by code, or an automatic one: the platform's (no seller) on everything, a seller's on their lines.

    `percent` is in per cent (12.5 is 12.5 %); `amount` and `minimum_amount` are minor units of `currency`.
    `product_ids` and `category_ids` limit it to these goods (a category includes all below it), `is_first_order` to
    customers without an order. One that is not `is_stackable` applies alone, if that is better for the buyer.
    `used_count` counts the orders that hold a use; an order that is cancelled or expires gives its use back.
    A coupon is archived instead of deleted: it no longer applies, and carts that hold it say so. One that was ever used
    `keeps_code`, so that its limits hold; otherwise its code becomes free again.
    """

    class Kind(models.TextChoices):
        PERCENT = "percent"
        FIXED = "fixed"
        FREE_SHIPPING = "free_shipping"
        BUY_X_GET_Y = "buy_x_get_y"

    seller = models.ForeignKey(
        "accounts.Seller", models.CASCADE, null=True, blank=True, related_name="coupons"
    )
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    amount = models.BigIntegerField(null=True, blank=True)
    buy_quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    get_quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    is_automatic = models.BooleanField(default=False, db_default=False)
    is_stackable = models.BooleanField(default=True, db_default=True)
    is_first_order = models.BooleanField(default=False, db_default=False)
    product_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, db_default=[])
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, db_default=[])
    minimum_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    usage_limit = models.PositiveIntegerField(null=True, blank=True)
    usage_limit_per_customer = models.PositiveIntegerField(null=True, blank=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    keeps_code = models.BooleanField(default=True, db_default=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CouponQuerySet.as_manager()

    fixed_value = MoneyOf("amount")
    minimum = MoneyOf("minimum_amount")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(keeps_code=True),
                name="coupon_code_kept",
                violation_error_code="code_taken",
                violation_error_message="There is a coupon with this code already.",
            ),
            models.CheckConstraint(
                condition=Q(kind="percent", percent__gt=0, percent__lte=100, amount=None, buy_quantity=None)
                | Q(kind="fixed", amount__gt=0, percent=None, buy_quantity=None)
                | Q(kind="free_shipping", amount=None, percent=None, buy_quantity=None)
                | Q(
                    kind="buy_x_get_y",
                    buy_quantity__gt=0,
                    get_quantity__gt=0,
                    percent__gt=0,
                    percent__lte=100,
                    amount=None,
                ),
                name="coupon_value",
            ),
            models.CheckConstraint(
                condition=Q(usage_limit=None) | Q(used_count__lte=F("usage_limit")),
                name="coupon_within_limit",
                violation_error_code="usage_limit_below_uses",
                violation_error_message="This coupon has been used more often than that already.",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "created_at", "id"]),
            models.Index(
                fields=["seller"], condition=Q(is_automatic=True, archived_at=None), name="coupon_automatic"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def is_current(self, now: datetime) -> bool:
        has_begun = self.starts_at is None or self.starts_at <= now
        return self.archived_at is None and has_begun and (self.ends_at is None or now < self.ends_at)

    @property
    def value(self) -> Decimal | Money | BuyGet | None:
        """The percentage, the fixed amount or the buy-and-get rule; None for free shipping."""
        if self.kind == self.Kind.BUY_X_GET_Y:
            return BuyGet(self.buy_quantity or 1, self.get_quantity or 1, self.percent or Decimal(100))
        return self.percent if self.kind == self.Kind.PERCENT else self.fixed_value

    @property
    def is_exhausted(self) -> bool:
        return self.usage_limit is not None and self.used_count >= self.usage_limit


class CouponUse(models.Model):
    """One order's use. `customer` is the digest of the e-mail address, which guests have too; `user` is the order's."""

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="uses")
    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="coupon_uses")
    customer = models.CharField(max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "coupon"], name="coupon_use_once")]
        indexes = [
            models.Index(
                fields=["coupon", "customer"], condition=Q(given_back_at=None), name="coupon_use_live"
            ),
            models.Index(
                fields=["coupon", "user"],
                condition=Q(given_back_at=None, user__isnull=False),
                name="coupon_use_live_user",
            ),
        ]

    def __str__(self) -> str:
        return f"coupon {self.coupon_id} order {self.order_id}"
