from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.slugs import RESERVED, unique_slug
from catalog.models import Brand, Category
from catalog.serializers.references import ReferenceField, reference
from config.shared.api import fields
from config.shared.api.serializers import Serializer


class SlugField(fields.CharField):
    """Lower-case words with hyphens; neither digits only (an id) nor a word that is part of a path."""

    def __init__(self, **kwargs: Any) -> None:
        rule = RegexValidator(
            r"^(?!\d+\Z)[a-z0-9]+(?:[-_][a-z0-9]+)*\Z", "Must be like summer-dresses, not a number."
        )
        super().__init__(max_length=120, validators=[rule], **kwargs)

    def to_internal_value(self, data: Any) -> str:
        slug = super().to_internal_value(data)
        if slug in RESERVED:
            raise serializers.ValidationError("This word is reserved.", "reserved")
        return slug


class CategoryNodeSerializer(Serializer):
    """A category and those below it."""

    id = fields.IdField()
    slug = serializers.CharField()
    name = serializers.CharField()
    parent = fields.IdField(allow_null=True)
    children = serializers.ListField(child=serializers.DictField(), help_text="Categories like this one.")


class CategoryTreeSerializer(Serializer):
    results = CategoryNodeSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class CategorySerializer(Serializer):
    """A category with its ancestors."""

    id = fields.IdField(read_only=True)
    slug = SlugField(required=False)
    name = fields.CharField(max_length=100)
    parent = ReferenceField(Category, required=False, allow_null=True)
    ancestors = serializers.ListField(child=ReferenceField(Category), read_only=True)
    children = serializers.ListField(child=ReferenceField(Category), read_only=True)

    def to_representation(self, instance: Category) -> dict[str, Any]:
        ancestors = [reference(node) for node in Category.objects.get_ancestors(instance)]
        children = [reference(node) for node in Category.objects.get_children(instance)]
        return reference(instance) | {  # type: ignore[operator]
            "parent": ancestors[-1] if ancestors else None,
            "ancestors": ancestors,
            "children": children,
        }


def tree_of(categories: list[Category]) -> list[dict[str, Any]]:
    """Categories in path order as nested nodes."""
    nodes: dict[str, dict[str, Any]] = {}
    roots = []
    for category in categories:
        parent = nodes.get(category.path[: -Category.steplen])
        node = reference(category) | {"parent": parent and parent["id"], "children": []}  # type: ignore[operator]
        nodes[category.path] = node
        (parent["children"] if parent else roots).append(node)
    return roots


class BrandSerializer(Serializer):
    id = fields.IdField(read_only=True, source="pk")
    slug = SlugField(required=False)
    name = fields.CharField(max_length=100)
    followers_count = serializers.IntegerField(read_only=True)

    def create(self, validated_data: dict[str, Any]) -> Brand:
        slug = validated_data.get("slug") or unique_slug(Brand, validated_data["name"])
        return Brand.objects.create(name=validated_data["name"], slug=slug)

    def update(self, instance: Brand, validated_data: dict[str, Any]) -> Brand:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        return instance
