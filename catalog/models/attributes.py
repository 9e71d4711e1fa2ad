from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from catalog.models.taxonomy import Category


class AttributeTypeQuerySet(models.QuerySet["AttributeType"]):
    def visible_to(self, actor: Any) -> "AttributeTypeQuerySet":
        return self


class AttributeType(models.Model):
    """The type of an attribute of products in `category` and in all categories below it.

    A value of kind `unit` is a number in the unit named by `unit`; a `choice` is one of `choices`. A category's own type
    overrides one of the same name in a category above it.
    """

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        BOOLEAN = "boolean"
        CHOICE = "choice"
        UNIT = "unit"

    category = models.ForeignKey(Category, models.CASCADE, related_name="attribute_types")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    unit = models.CharField(max_length=20, blank=True)
    choices = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    is_required = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AttributeTypeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["text", "number", "boolean", "choice", "unit"]), name="attribute_kind"
            ),
            models.CheckConstraint(condition=Q(kind="choice") ^ Q(choices=[]), name="attribute_choices"),
            models.CheckConstraint(condition=Q(kind="unit") ^ Q(unit=""), name="attribute_unit"),
            models.UniqueConstraint(
                "category",
                Lower("name"),
                name="attribute_name",
                violation_error_code="attribute_exists",
                violation_error_message="This category has an attribute of this name already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"
