from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Cast, Coalesce, Now, Upper

from accounts.models import Seller
from catalog.models.sales import Priced, amount, sale_constraints
from catalog.models.stock import StockLevel
from config.shared.actor import Actor

PUBLIC = Q(product__status="active", product__seller__status="active")


def of_visible_products(actor: Actor) -> Q:
    """Limits rows that belong to a product to the products that the actor may see."""
    if actor.is_admin:
        return Q()
    return PUBLIC | Q(product__seller=actor.seller_id) if actor.is_seller else PUBLIC


def free_units(variant: str) -> Coalesce:
    """The units that can be bought of the variant in column `variant`, over all locations (see `with_available`)."""
    levels = StockLevel.objects.filter(variant=models.OuterRef(variant)).order_by().values("variant")
    free = levels.annotate(
        free=Sum(Cast("on_hand", models.BigIntegerField()) - F("reserved") + F("backorder_limit"))
    ).values("free")
    return Coalesce(models.Subquery(free), 0)


class VariantQuerySet(models.QuerySet["Variant"]):
    def live(self) -> "VariantQuerySet":
        return self.filter(is_archived=False)

    def for_sale(self) -> "VariantQuerySet":
        """Variants of active products of active sellers, in stock or not. `price` is as of this statement (`now`),
        however long the transaction takes.
        """
        return self.live().filter(PUBLIC).select_related("product", "product__seller").annotate(now=Now())

    def with_available(self) -> "VariantQuerySet":
        """Adds `available_quantity`, summed over all locations: on hand, less reserved, plus backorder limit."""
        return self.annotate(available_quantity=free_units("pk"))

    def visible_to(self, actor: Actor) -> "VariantQuerySet":
        return self.live().filter(of_visible_products(actor))


class Variant(Priced):
    """The unit that is sold and counted. Deleting a variant archives it, because orders and movements refer to it."""

    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="variants")
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+")
    sku = models.CharField(max_length=100)
    options = models.JSONField(default=dict, blank=True)
    weight_g = models.PositiveIntegerField(null=True, blank=True)
    length_mm = models.PositiveIntegerField(null=True, blank=True)
    width_mm = models.PositiveIntegerField(null=True, blank=True)
    height_mm = models.PositiveIntegerField(null=True, blank=True)
    barcode = models.CharField(max_length=64, blank=True)
    position = models.PositiveIntegerField(default=0)
    file_stock = models.IntegerField(null=True, blank=True)  # the stock in its seller's last file
    is_available = models.BooleanField(default=False)
    is_on_backorder = models.BooleanField(default=False)  # can be bought, but none is in stock
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=amount("price_amount"), name="variant_price"),
            models.CheckConstraint(
                condition=Q(compare_at_amount=None) | amount("compare_at_amount"), name="variant_compare_at"
            ),
            *sale_constraints("variant"),
            models.CheckConstraint(
                condition=~Q(is_available=True, is_archived=True), name="variant_archived"
            ),
            models.UniqueConstraint(
                fields=["seller", "sku"],
                condition=Q(is_archived=False),
                name="variant_sku",
                violation_error_code="sku_taken",
                violation_error_message="This shop has another variant with this SKU.",
            ),
            models.UniqueConstraint(
                fields=["product", "options"],
                condition=Q(is_archived=False),
                name="variant_options",
                violation_error_code="options_taken",
                violation_error_message="This product has another variant with these options.",
            ),
        ]
        indexes = [
            models.Index(Upper("sku"), name="variant_by_sku"),
            models.Index(
                fields=["sale_from"], condition=Q(sale_amount__isnull=False), name="variant_with_sale"
            ),
            models.Index(fields=["barcode"], condition=~Q(barcode=""), name="variant_by_barcode"),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def is_for_sale(self) -> bool:
        """Same rule as `for_sale`; the product and its seller should be loaded."""
        return not self.is_archived and self.product.is_public

    def offer_in(self, currency: str) -> Priced | None:
        """The price in this currency, or None. Queries for a further currency unless `prices` is prefetched."""
        if currency == self.currency:
            return self
        if "prices" in getattr(self, "_prefetched_objects_cache", {}):
            return next((price for price in self.prices.all() if price.currency == currency), None)
        return self.prices.annotate(now=Now()).filter(currency=currency).first()
