from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Length, Lower, Substr
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from config.shared.lookups import named


class CategoryQuerySet(MP_NodeQuerySet):
    def visible_to(self, actor: Any) -> "CategoryQuerySet":
        return self

    def under(self, key: str) -> "CategoryQuerySet":
        """The category with this id or slug and all categories below it, in one statement."""
        root = Category.objects.filter(named(key)).order_by()
        return self.filter(path__startswith=models.Subquery(root.values("path")[:1])).order_by()


class CategoryManager(MP_NodeManager.from_queryset(CategoryQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> QuerySet:
        return CategoryQuerySet(self.model, using=self._db).order_by("path")


class Category(MP_Node):
    """A node of the category tree; treebeard maintains `path`. Writes hold `services.taxonomy.lock_tree`."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)
    # The path without its last step. Siblings share it, so a unique constraint on it keeps their names distinct.
    parent_path = models.GeneratedField(
        expression=Substr("path", 1, Length("path") - 4),
        output_field=models.CharField(max_length=255),
        db_persist=True,
    )

    objects = CategoryManager()

    class Meta:
        verbose_name_plural = "categories"
        indexes = [GinIndex(SearchVector("name", config="souk"), name="category_text")]
        constraints = [
            models.UniqueConstraint(
                "parent_path",
                Lower("name"),
                name="category_sibling_name",
                violation_error_code="category_exists",
                violation_error_message="There is a category of this name here already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class BrandQuerySet(models.QuerySet["Brand"]):
    def visible_to(self, actor: Any) -> "BrandQuerySet":
        return self


class Brand(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)
    followers_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BrandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="brand_name",
                violation_error_code="brand_exists",
                violation_error_message="There is a brand of this name already.",
            )
        ]
        indexes = [
            models.Index(fields=["name", "id"]),
            GinIndex(SearchVector("name", config="souk"), name="brand_text"),
        ]

    def __str__(self) -> str:
        return self.name
