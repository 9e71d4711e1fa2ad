"""What a quote is made of besides the goods: ways of shipping and rates of tax."""

from collections.abc import Collection
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
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
    """A flat price a seller and order, free from `free_from_amount` (the goods' worth after discounts).

    The platform's (no seller) serve sellers who have none of their own. No countries means everywhere; so do no
    postal prefixes.
    """

    seller = models.ForeignKey(
        "accounts.Seller", models.CASCADE, null=True, blank=True, related_name="shipping_methods"
    )
    name = models.CharField(max_length=80)
    price_amount = models.BigIntegerField()
    free_from_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
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
            )
        ]
        indexes = [models.Index(fields=["seller", "created_at", "id"])]

    def __str__(self) -> str:
        return self.name

    def reaches(self, country: str, postal_code: str) -> bool:
        """Whether it serves a country (and a postal code, where one is known)."""
        code = postal_code.replace(" ", "").upper()
        near = not self.postal_prefixes or not code or code.startswith(tuple(self.postal_prefixes))
        return (not self.countries or country in self.countries) and near


class TaxRateQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        return self.all() if staff.may(actor, "orders.view_taxrate") else self.none()

    def of_place(self, country: str, region: str) -> Self:
        """The rates of the country at large and of the region."""
        return self.filter(country=country, region__in=["", region.upper()])


class TaxRate(models.Model):
    """The tax of a place on a class of goods. `region` "" is the whole country; `rate` 0.19 is 19 %.

    `inclusive`: prices hold the tax already; else it is added. Goods are of the class that their product's attribute
    `tax_class` names, else "standard"; the class "shipping" is the shipping fee's, which is untaxed without it.
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
