from django.db import models
from django.db.models import Q

from accounts.models import Seller
from config.shared.actor import Actor


class ProductImportQuerySet(models.QuerySet["ProductImport"]):
    def visible_to(self, actor: Actor) -> "ProductImportQuerySet":
        if actor.is_admin:
            return self
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()


class ProductImport(models.Model):
    """A file of products and how far its import has come; counts are products, `errors` name lines of the file.

    `content` is the uploaded file, emptied when the import has ended. `done_products` is where a job that was killed
    goes on: the products before it, in the file's order, are committed.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"

    seller = models.ForeignKey(Seller, models.CASCADE, related_name="imports")
    actor = models.CharField(max_length=80)
    filename = models.CharField(max_length=255, blank=True)
    content = models.BinaryField(default=b"")
    format = models.CharField(max_length=10)
    dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    total = models.PositiveIntegerField(default=0)
    done_products = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    images_skipped = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ProductImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "completed", "failed"]), name="import_status"
            ),
            models.CheckConstraint(condition=Q(format__in=["souk", "shopify"]), name="import_format"),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"
