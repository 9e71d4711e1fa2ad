from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Coalesce, NullIf, Round

from accounts.models import Seller
from catalog.models.images import ProductImage
from catalog.models.sales import Shown, amount
from catalog.models.taxonomy import Brand, Category
from catalog.models.variants import Variant
from config.shared.actor import Actor


class ProductQuerySet(models.QuerySet["Product"]):
    def slugs_in_use(self, slugs: Iterable[str]) -> set[str]:
        """The subset of `slugs` that lead to a product, as its present slug or as a past one."""
        past = ProductSlug.objects.filter(slug__in=slugs).values_list("slug", flat=True)
        return {*self.filter(slug__in=slugs).values_list("slug", flat=True), *past}

    def public(self) -> "ProductQuerySet":
        """Active products of active sellers."""
        return self.filter(status=Product.Status.ACTIVE, seller__status="active")

    def visible_to(self, actor: Actor) -> "ProductQuerySet":
        if actor.is_admin:
            return self
        public = Q(status=Product.Status.ACTIVE, seller__status="active")
        return self.filter(public | Q(seller_id=actor.seller_id) if actor.is_seller else public)

    def with_refs(self) -> "ProductQuerySet":
        return self.select_related("seller", "brand", "category")

    def for_rows(self) -> "ProductQuerySet":
        """The rows of a list in two statements: the products, and the first picture of each."""
        first = ProductImage.objects.order_by("product_id", "position", "id").distinct("product_id")
        return self.with_refs().prefetch_related(models.Prefetch("images", first, to_attr="first_images"))

    def for_detail(self) -> "ProductQuerySet":
        """A whole product in three statements, plus a fourth if it has prices in further currencies."""
        variants = models.Prefetch("variants", Variant.objects.live(), to_attr="live_variants")
        return self.with_refs().prefetch_related(variants, "images")

    def matching(self, text: str) -> "ProductQuerySet":
        """Full-text search with the syntax of `websearch_to_tsquery`: all words, "a phrase", -without."""
        return self.filter(search_entry__vector=SearchQuery(text, config="souk", search_type="websearch"))


class Product(Shown, models.Model):
    """A product as it is listed; customers buy one of its variants.

    `price_amount`, `currency`, `compare_at_amount`, `prior_amount`, `is_on_sale` and `is_available` repeat values of
    the variants for lists. `currencies` are the further currencies that it has a price in (`ProductPrice`). The services
    keep all of them up to date. `version` counts the owner's edits, not sales or reviews. `handle` identifies the
    product in its seller's files.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        ARCHIVED = "archived"

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="products")
    title = models.CharField(max_length=255)
    slug = models.SlugField(max_length=120, unique=True)
    handle = models.CharField(max_length=255)
    description = models.TextField(blank=True, max_length=50_000)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="products")
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="products")
    attributes = models.JSONField(default=dict, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    option_names = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    seo_title = models.CharField(max_length=255, blank=True, default="")
    seo_description = models.CharField(max_length=500, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    rating_sum = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    rating_average = models.GeneratedField(
        expression=Coalesce(
            Round(
                Cast("rating_sum", models.DecimalField(max_digits=12, decimal_places=2))
                / NullIf(F("rating_count"), 0),
                2,
            ),
            0,
            output_field=models.DecimalField(max_digits=12, decimal_places=2),
        ),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )
    units_sold = models.PositiveIntegerField(default=0)
    price_amount = models.BigIntegerField(default=0)
    compare_at_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    prior_amount = models.BigIntegerField(null=True, blank=True, editable=False)
    currencies = ArrayField(models.CharField(max_length=3), default=list, blank=True, editable=False)
    is_on_sale = models.BooleanField(default=False)
    is_available = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "archived"]), name="product_status"
            ),
            models.CheckConstraint(condition=amount("price_amount"), name="product_price"),
            models.CheckConstraint(condition=Q(rating_sum__gte=F("rating_count")), name="product_rating"),
            models.UniqueConstraint(
                fields=["seller", "handle"],
                name="product_handle",
                violation_error_code="handle_taken",
                violation_error_message="This shop has another product with this handle.",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], condition=Q(status="active"), name="product_by_date"),
            models.Index(
                fields=["currency", "price_amount", "id"],
                condition=Q(status="active"),
                name="product_by_price",
            ),
            models.Index(
                fields=["rating_average", "id"], condition=Q(status="active"), name="product_by_rating"
            ),
            models.Index(fields=["units_sold", "id"], condition=Q(status="active"), name="product_by_sales"),
            models.Index(
                fields=["category", "created_at", "id"],
                condition=Q(status="active"),
                name="product_of_category",
            ),
            models.Index(
                fields=["brand", "created_at", "id"], condition=Q(status="active"), name="product_of_brand"
            ),
            models.Index(fields=["seller", "created_at", "id"], name="product_of_seller"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="product_attributes"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        return self.status == self.Status.ACTIVE and self.seller.status == "active"


class RelatedProduct(models.Model):
    """Another product of the same shop that the seller shows beside this one."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="related")
    other = models.ForeignKey(Product, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "other"], name="related_once"),
            models.CheckConstraint(condition=~Q(product=F("other")), name="related_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} beside {self.product_id}"


class ProductSlug(models.Model):
    """A past slug of a product: it leads to the product for ever, and no other product can take it."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="past_slugs")
    slug = models.SlugField(max_length=120, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug
