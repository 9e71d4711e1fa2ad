"""What a quote needs besides the goods: shipping methods and tax rates."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from orders.models.amounts import MoneyOf

STANDARD = "standard"
SHIPPING_TAX_CLASS = "shipping"


class ShippingMethodQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see all, a seller their own."""
        if staff.may(actor, "orders.view_shippingmethod"):
            return self.all()
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()

    def offered_by(self, seller_ids: Collection[int]) -> Self:
        """These sellers' own and the platform's."""
        return self.filter(Q(seller__in=seller_ids) | Q(seller=None)).order_by("id")


class ShippingMethod(models.Model):
    """What a seller charges for sending their part of an order; free from `free_from_amount` (worth after discounts).

    `flat` costs `price_amount`. `by_weight` (grams) and `by_total` (worth after discounts, minor units) cost the price
    of the first of `steps` (`{"up_to", "price"}`, ascending) that is not exceeded, and `price_amount` above the last.
    Parcels heavier than `max_weight_g` are not taken. The platform's methods (no seller) serve sellers without their
    own. No countries means everywhere; likewise for regions and postal prefixes.
    """

    class Kind(models.TextChoices):
        FLAT = "flat"
        BY_WEIGHT = "by_weight"
        BY_TOTAL = "by_total"

    seller = models.ForeignKey(
        "accounts.Seller", models.CASCADE, null=True, blank=True, related_name="shipping_methods"
    )
    name = models.CharField(max_length=80)
    price_amount = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FLAT, db_default=Kind.FLAT)
    steps = models.JSONField(default=list, blank=True, db_default=[])
    max_weight_g = models.PositiveIntegerField(null=True, blank=True)
    min_days = models.PositiveSmallIntegerField(null=True, blank=True)
    max_days = models.PositiveSmallIntegerField(null=True, blank=True)
    free_from_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=40), default=list, blank=True, db_default=[])
    postal_prefixes = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ShippingMethodQuerySet.as_manager()

    price = MoneyOf("price_amount")
    free_from = MoneyOf("free_from_amount")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price_amount__gte=0) & (Q(free_from_amount=None) | Q(free_from_amount__gte=0)),
                name="shipping_amounts",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["flat", "by_weight", "by_total"]), name="shipping_kind"
            ),
            models.CheckConstraint(
                condition=Q(min_days=None) | Q(max_days=None) | Q(min_days__lte=F("max_days")),
                name="shipping_days",
            ),
        ]
        indexes = [models.Index(fields=["seller", "created_at", "id"])]

    def __str__(self) -> str:
        return self.name

    def takes(self, place: Any, weight: int) -> bool:
        """Whether it serves the country (and region and postal code, where known) and the weight in grams."""
        region, code = place.region.strip().upper(), place.postal_code.replace(" ", "").upper()
        near = not self.postal_prefixes or not code or code.startswith(tuple(self.postal_prefixes))
        inside = not self.regions or not region or region in self.regions
        is_light = self.max_weight_g is None or weight <= self.max_weight_g
        return (not self.countries or place.country in self.countries) and near and inside and is_light


class TaxRateQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        return self.all() if staff.may(actor, "orders.view_taxrate") else self.none()

    def of_place(self, country: str, region: str) -> Self:
        """The rates of the whole country and of the region."""
        return self.filter(country=country, region__in=["", region.upper()])


class TaxRate(models.Model):
    """The tax of a place on a class of goods. `region` "" is the whole country; `rate` 0.19 is 19 %.

    `inclusive`: prices already contain the tax; otherwise it is added. The product's attribute `tax_class` names the
    class, "standard" if absent. The class "shipping" is for the shipping fee, which is untaxed without such a rate.
    """

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=40, blank=True, default="")
    tax_class = models.CharField(max_length=40, default=STANDARD)
    rate = models.DecimalField(max_digits=7, decimal_places=6)
    inclusive = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "region", "tax_class"],
                name="tax_rate_place_class",
                violation_error_code="tax_rate_exists",
                violation_error_message="There is a rate for this place and class already.",
            ),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="tax_rate_range"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.region} {self.tax_class} {self.rate}"


class TaxExemptionQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        return self.all() if staff.may(actor, "orders.view_taxexemption") else self.none()

    def frees(self, user_id: int | None, country: str) -> bool:
        mine = self.filter(user=user_id, country__in=["", country])
        return user_id is not None and mine.exists()


class TaxExemption(models.Model):
    """A customer who pays no tax: everywhere, or in one country. `reason` is the evidence that staff were shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tax_exemptions")
    country = models.CharField(max_length=2, blank=True, default="")
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TaxExemptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "country"],
                name="tax_exemption_user_country",
                violation_error_code="tax_exemption_exists",
                violation_error_message="This customer is tax-free there already.",
            )
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} {self.country}"


class RuleBook(models.Model):
    """One row, whose `mark` changes with every committed change of a shipping method, tax rate or coupon.

    Triggers set it, so no write bypasses it. What was read under a mark may be cached while the mark is unchanged.
    A coupon's `used_count` leaves it alone.
    """

    mark = models.UUIDField()

    def __str__(self) -> str:
        return str(self.mark)

    @classmethod
    def mark_now(cls) -> models.Subquery:
        """The current mark, as a subquery for a query that reads something else."""
        return models.Subquery(cls.objects.filter(pk=1).values("mark"))


class ProviderAnswer(models.Model):
    """What another service answered about shipping or tax, keyed by the digest of the request."""

    key = models.CharField(max_length=64, unique=True)
    answer = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
