from typing import Any

from rest_framework import serializers

from catalog.models import AttributeType, Category
from catalog.serializers.references import ReferenceField
from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.errors import invalid

MAX_CHOICES = 200


class AttributeTypeSerializer(Serializer):
    """The type of an attribute of a category's products. `unit` is for the kind `unit`, `choices` for `choice`."""

    id = fields.IdField(source="pk", read_only=True)
    category = ReferenceField(Category, read_only=True)
    name = fields.CharField(max_length=100)
    kind = fields.ChoiceField(AttributeType.Kind.values)
    unit = fields.CharField(max_length=20, required=False, allow_blank=True)
    choices = serializers.ListField(
        child=fields.CharField(max_length=100), required=False, max_length=MAX_CHOICES
    )
    required = fields.BooleanField(source="is_required", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind, unit, choices = (self.wanted(attrs, name) for name in ("kind", "unit", "choices"))
        if (kind == AttributeType.Kind.UNIT) != bool(unit):
            raise invalid("unit", "Belongs to the kind unit, which needs one.", "unit")
        if (kind == AttributeType.Kind.CHOICE) != bool(choices):
            raise invalid("choices", "Belong to the kind choice, which needs some.", "choices")
        return attrs

    def wanted(self, attrs: dict[str, Any], name: str) -> Any:
        return attrs[name] if name in attrs else getattr(self.instance, name, None)

    def create(self, validated_data: dict[str, Any]) -> AttributeType:
        return AttributeType.objects.create(**validated_data)

    def update(self, instance: AttributeType, validated_data: dict[str, Any]) -> AttributeType:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        return instance
