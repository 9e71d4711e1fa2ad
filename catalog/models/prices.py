"""Prices of variants in currencies other than their own."""

from django.db import models

from catalog.models.sales import Priced, Shown, amount, sale_constraints
from catalog.models.variants import Variant


class VariantPrice(Priced):
    """The price of a variant in another currency than its own, with its own sale. `product` is the variant's product.

    A row in the variant's own currency is ignored and deleted by `services.refreshing`: the variant's price wins.
    """

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="prices")
    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+")

    class Meta:
        ordering = ["currency"]
        constraints = [
            models.CheckConstraint(condition=amount("price_amount"), name="variant_price_amount"),
            models.CheckConstraint(
                condition=models.Q(compare_at_amount=None) | amount("compare_at_amount"),
                name="variant_price_compare_at",
            ),
            *sale_constraints("variant_price"),
            models.UniqueConstraint(fields=["variant", "currency"], name="variant_price_once"),
        ]
        indexes = [
            models.Index(
                fields=["sale_from"],
                condition=models.Q(sale_amount__isnull=False),
                name="variant_price_with_sale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.regular_price} for {self.variant_id}"


class ProductPrice(Shown, models.Model):
    """The lowest price of a product's variants in a further currency, for lists; kept up to date by the services."""

    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    price_amount = models.BigIntegerField()
    compare_at_amount = models.BigIntegerField(null=True)
    prior_amount = models.BigIntegerField(null=True)
    is_on_sale = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "currency"], name="product_price_once")]
        indexes = [
            models.Index(fields=["currency", "price_amount", "product"], name="product_price_by_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.price} for {self.product_id}"
