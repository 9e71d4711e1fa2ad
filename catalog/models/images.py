from django.db import models

from catalog.models.variants import of_visible_products
from config.shared.actor import Actor


class ProductImageQuerySet(models.QuerySet["ProductImage"]):
    def visible_to(self, actor: Actor) -> "ProductImageQuerySet":
        return self.filter(of_visible_products(actor))


class ProductImage(models.Model):
    """A picture, re-encoded by us. `thumbnails` maps a size's name to a file in the same storage. `source_url` is the
    address that an import fetched it from, at most once per product.
    """

    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="images")
    image = models.FileField(upload_to="products/")
    alt = models.CharField(max_length=255, blank=True)
    position = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    thumbnails = models.JSONField(default=dict)
    source_url = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProductImageQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "source_url"], condition=~models.Q(source_url=""), name="image_source_once"
            )
        ]

    def __str__(self) -> str:
        return self.image.name

    @property
    def files(self) -> list[str]:
        return [self.image.name, *self.thumbnails.values()]
