"""Serializers that refuse unknown members; all others derive from these two."""

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any

from django.db import models
from rest_framework import serializers

from config.shared.api import fields


class StrictMixin:
    """An unknown member of the body is 400 `unknown_field`; read-only members may be sent back and are ignored.

    Only the top level of a PATCH may leave members out; objects nested in it (a sale, a table's step) must be complete.
    """

    def run_validation(self, data: Any = serializers.empty) -> Any:
        root = self.root  # type: ignore[attr-defined]
        if root is self or data is serializers.empty or not getattr(root, "partial", False):
            return super().run_validation(data)  # type: ignore[misc]
        root.partial = False
        try:
            return super().run_validation(data)  # type: ignore[misc]
        finally:
            root.partial = True

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):  # type: ignore[attr-defined]
            known = ", ".join(name for name, field in self.fields.items() if not field.read_only)  # type: ignore[attr-defined]
            error = serializers.ErrorDetail(f"Unknown field; known are: {known}.", "unknown_field")
            raise serializers.ValidationError({str(name): [error] for name in sorted(unknown)})
        return super().to_internal_value(data)  # type: ignore[misc]

    @cached_property
    def _readable_fields(self) -> Iterable[Any]:
        """Computed once per serializer: DRF checks each field again for each row."""
        return [field for field in self.fields.values() if not field.write_only]  # type: ignore[attr-defined]


class Serializer(StrictMixin, serializers.Serializer):
    pass


class NothingSerializer(Serializer):
    """The empty body of an operation that needs none."""


@cache
def reader(serializer_class: type[serializers.Serializer]) -> serializers.Serializer:
    """One shared instance per class, so that fields are built once: serializing and validating change nothing in it.

    DRF copies every field for every serializer: 1.5 ms for the body of a checkout, against 0.2 ms to validate it.
    """
    return serializer_class()


def shown(serializer_class: type[serializers.Serializer], row: Any) -> dict[str, Any]:
    """A row as JSON-ready data; for serializers that need no request."""
    return reader(serializer_class).to_representation(row)


def validated(serializer_class: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """A client's data, validated; raises 400. For serializers that use nothing but the data."""
    if data is None:
        raise serializers.ValidationError([serializers.ErrorDetail("No data provided", "null")])
    return reader(serializer_class).run_validation(data)


class ModelSerializer(StrictMixin, serializers.ModelSerializer):
    """Model fields become strict fields; `id` is a text."""

    id = fields.IdField(read_only=True, source="pk")
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: fields.CharField,
        models.TextField: fields.CharField,
        models.EmailField: fields.EmailField,
        models.IntegerField: fields.IntegerField,
        models.PositiveIntegerField: fields.IntegerField,
        models.PositiveSmallIntegerField: fields.IntegerField,
        models.SmallIntegerField: fields.IntegerField,
        models.BigIntegerField: fields.IntegerField,
        models.PositiveBigIntegerField: fields.IntegerField,
        models.BooleanField: fields.BooleanField,
    }
    serializer_choice_field = fields.ChoiceField
