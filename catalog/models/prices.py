"""Prices in further currencies than the one that a variant is sold in by default."""

from django.db import models

from catalog.models.sales import Priced, Shown, amount, sale_constraints
from catalog.models.variants import Variant


class VariantPrice(Priced):
    """What a variant costs in another currency than its own, with a sale of its own. `product` is the variant's.

    Of a price in the variant's own currency, the variant's wins (`services.refreshing` removes the other).
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
    """The lowest price of a product's variants in a further currency, for lists; services keep it right."""

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
