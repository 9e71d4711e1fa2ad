"""OpenAPI for what every operation shares: problem documents, idempotency and the tokens of guests."""

from typing import Any

from drf_spectacular.extensions import OpenApiFilterExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable: what a program decides by."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "For invalid input: what is wrong where.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body (RFC 6901)."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
IDEMPOTENCY_KEY = "Idempotency-Key"


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation its problem answers and headers."""

    def get_override_parameters(self) -> list[Any]:
        mode = getattr(self.view, "idempotency", "never")
        if self.method != "POST" or mode == "never":
            return []
        text = "A fresh one for each act, the same for each retry of it: the first answer is given again."
        needed = mode in {"required", "calls_out"}
        return [
            OpenApiParameter(IDEMPOTENCY_KEY, str, OpenApiParameter.HEADER, required=needed, description=text)
        ]

    def get_tags(self) -> list[str]:
        """The domain that serves it."""
        return [self.view.__module__.split(".")[0]]

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        problems = {"default": "Any refusal: see `code`."}
        reference = self.problem_component().ref
        for status, text in problems.items():
            bodies.setdefault(
                status, {"description": text, "content": {"application/problem+json": {"schema": reference}}}
            )
        return bodies

    def problem_component(self) -> ResolvedComponent:
        component = ResolvedComponent(
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        return component


class StrictFilterExtension(OpenApiFilterExtension):
    """Describes our filter backend as django-filter's own."""

    target_class = "config.shared.api.filters.StrictFilterBackend"
    priority = 1

    def get_schema_operation_parameters(
        self, auto_schema: AutoSchema, *args: Any, **kwargs: Any
    ) -> list[dict]:
        if auto_schema.view.detail is not False:
            return []
        filterset = self.target.get_filterset_class(auto_schema.view, auto_schema.view.queryset)
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "schema": {"type": FILTER_TYPES.get(type(declared).__name__, "string")},
                "description": str(declared.extra.get("help_text") or declared.label or ""),
            }
            for name, declared in getattr(filterset, "base_filters", {}).items()
        ]


FILTER_TYPES = {"BooleanFilter": "boolean", "IntegerFilter": "integer"}
