"""Fields with shared validation: attributes, options, tags."""

import math
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.shared.api import fields
from config.shared.money import MAX_AMOUNT


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}, "maxProperties": 50}
)
class AttributesField(serializers.Field):
    """A flat object of texts, numbers and booleans; a name that no category defines accepts any of these."""

    default_error_messages = {
        "wrong_type": "Must be an object.",
        "too_many": "At most 50 attributes.",
        "name": "A name has 1 to 100 characters.",
        "value": "A value is a text of at most 500 characters, a number or a boolean.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("wrong_type")
        if len(data) > 50:
            self.fail("too_many")
        if not all(1 <= len(name.strip()) <= 100 for name in data):
            self.fail("name")
        if not all(is_plain(value) for value in data.values()):
            self.fail("value")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


def is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 500 and "\x00" not in value
    if isinstance(value, bool):
        return True
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) <= MAX_AMOUNT


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "maxProperties": 3,
        "example": {"Size": "M"},
    }
)
class OptionsField(serializers.Field):
    """The options that distinguish a product's variants: up to three names, each with a value."""

    default_error_messages = {
        "wrong_type": "Must be an object of texts.",
        "too_many": "At most 3 options.",
        "length": "Names and values have 1 to 100 characters.",
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            self.fail("wrong_type")
        if len(data) > 3:
            self.fail("too_many")
        trimmed = {name.strip(): value.strip() for name, value in data.items()}
        texts = [*trimmed, *trimmed.values()]
        if len(trimmed) < len(data) or not all(
            1 <= len(text) <= 100 and "\x00" not in text for text in texts
        ):
            self.fail("length")
        return trimmed

    def to_representation(self, value: Any) -> Any:
        return value


class TagsField(serializers.ListField):
    """Texts without commas, which separate tags in files."""

    child = fields.CharField(
        max_length=100, validators=[RegexValidator(r"^[^,]*\Z", "Must not hold a comma.")]
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Removes duplicates and keeps the order."""
        return list(dict.fromkeys(super().to_internal_value(data)))
