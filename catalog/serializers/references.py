from typing import Any

from django.db.models import Model
from drf_spectacular.utils import extend_schema_field

from config.shared.api import fields
from config.shared.lookups import named


def reference(row: Any) -> dict[str, str] | None:
    """A referenced row: `{id, slug, name}`."""
    return None if row is None else {"id": str(row.pk), "slug": row.slug, "name": row.name}


@extend_schema_field(
    {
        "description": "Written as an id or a slug; read as an object.",
        "oneOf": [
            {"type": "string"},
            {
                "type": "object",
                "required": ["id", "slug", "name"],
                "properties": {
                    "id": {"type": "string"},
                    "slug": {"type": "string"},
                    "name": {"type": "string"},
                },
            },
            {"type": "null"},
        ],
    }
)
class ReferenceField(fields.IdField):
    """Input: an id or a slug; output: `{id, slug, name}`."""

    default_error_messages = {"does_not_exist": "There is none with this id or slug."}

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        row = self.model._default_manager.filter(named(value)).first()
        if row is None:
            self.fail("does_not_exist")
        return row

    def to_representation(self, value: Any) -> Any:
        return reference(value)
