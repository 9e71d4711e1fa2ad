from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Seller
from catalog.models.products import Product
from config.shared.actor import Actor


class ProductImportQuerySet(models.QuerySet["ProductImport"]):
    def visible_to(self, actor: Actor) -> "ProductImportQuerySet":
        if actor.is_admin:
            return self
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()


class ProductImport(models.Model):
    """A product file and the progress of its import; counts are of products, `errors` refer to lines of the file.

    `content` is the uploaded file. Staging copies its rows to `ImportRow`, sets `columns` and empties `content`. A
    killed job resumes after `done_line`: products that begin on or before that line are committed. `touched_at` is the
    last time the job showed progress.
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
    columns = ArrayField(models.TextField(), default=list)
    format = models.CharField(max_length=10)
    dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    total = models.PositiveIntegerField(default=0)
    done_products = models.PositiveIntegerField(default=0)
    done_line = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    images_added = models.PositiveIntegerField(default=0)
    images_skipped = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)
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


class ImportRow(models.Model):
    """A row of a file while its import runs: a product's rows are read together even if they lie apart in the file.

    `first_line` is the line on which the row's product begins. `problem` is the code of a conflict with other rows.
    """

    job = models.ForeignKey(ProductImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField()
    handle = models.TextField()
    sku = models.TextField()
    cells = ArrayField(models.TextField())
    problem = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(fields=["job", "first_line", "line"], name="import_row_order")]

    def __str__(self) -> str:
        return f"line {self.line}"


class ImportImage(models.Model):
    """A picture that a file names by URL and that is still to be fetched; deleted after the attempt."""

    job = models.ForeignKey(ProductImport, models.CASCADE, related_name="images")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    line = models.PositiveIntegerField()
    url = models.TextField()
    alt = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.url
