"""OpenAPI for what all operations share: problem documents, idempotency and guests' tokens."""

import inspect
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from drf_spectacular.extensions import OpenApiFilterExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from config.shared.actor import GUEST, Actor

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
KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
FOR_INPUT = {
    "maxLength",
    "minLength",
    "pattern",
}  # rules for what a client sends; they promise nothing about answers
HEADING = 90  # characters


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation its problem responses and headers."""

    def get_override_parameters(self) -> list[Any]:
        return [*self.of_expanding(), *self.of_idempotency()]

    def of_expanding(self) -> list[Any]:
        names = list(getattr(self.view, "expandable", ()))
        if not names or getattr(self.view, "action", "") not in {"list", "retrieve"}:
            return []
        text = (
            "Comma-separated: each as its own resource in place of its id or short form, where it is public."
        )
        schema = {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1}
        return [OpenApiParameter("expand", schema, explode=False, style="form", description=text)]

    def of_idempotency(self) -> list[Any]:
        mode = getattr(self.view, "idempotency", "never")
        if self.method != "POST" or mode == "never":
            return []
        text = "A fresh one for each act, the same for each retry of it: the first answer is given again."
        needed = mode in {"required", "calls_out"}
        return [
            OpenApiParameter(IDEMPOTENCY_KEY, KEY, OpenApiParameter.HEADER, required=needed, description=text)
        ]

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        """In answers, a member declared with `required=False` may be absent, and texts have no promised length."""
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "request":
            return schema
        absent = {name for name, field in serializer.fields.items() if field._kwargs.get("required") is False}
        if absent & set(schema.get("required", ())):
            schema["required"] = [name for name in schema["required"] if name not in absent]
        for member in schema.get("properties", {}).values():
            for bound in FOR_INPUT & member.keys():
                del member[bound]
        return schema

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        """Adds the bounds of lists and the patterns of texts, which the library leaves out."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if schema is None:
            return None
        if schema.get("type") == "array":
            least, most = getattr(field, "min_length", None), getattr(field, "max_length", None)
            least = least or (1 if getattr(field, "allow_empty", True) is False else None)
            schema |= {"minItems": least} if least else {}
            schema |= {"maxItems": most} if most else {}
        if isinstance(pattern := getattr(field, "pattern", None), str) and direction == "request":
            schema["pattern"] = f"^(?:{pattern.replace('A-Z', 'A-Za-z')})$"
        return schema

    def get_description(self) -> str:
        """The docstrings of the operation and its view; those of base classes are meant for developers."""
        view = inspect.cleandoc(vars(type(self.view)).get("__doc__") or "")
        return "\n\n".join(words for words in (self.own_words(), view) if words)

    def own_words(self) -> str:
        act = getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)
        is_inherited = getattr(act, "__module__", "rest_framework").startswith(
            ("rest_framework", __package__)
        )
        return "" if is_inherited else inspect.cleandoc(act.__doc__ or "")

    def get_summary(self) -> str:
        """The first sentence of the operation's own text, if it is short enough for a heading."""
        told = self.get_description()  # `extend_schema` may have replaced it
        words = self.own_words() if told == ProblemAutoSchema.get_description(self) else told
        sentence = re.split(r"[.;:] ", " ".join(words.split()), maxsplit=1)[0].rstrip(".")
        return sentence if len(sentence) <= HEADING else ""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """A bearer token, plus what admits guests: nothing at all, or the token of a cart or an order."""
        schemes = super().get_auth()
        if not schemes or {} in schemes:
            return schemes
        if self.admits(GUEST):
            return [*schemes, {}]
        opens = self.admits(replace(GUEST, order_token="-"))  # noqa: S106  (any token: whose it is is checked later)
        return [*schemes, {"orderToken": []}] if opens else schemes

    def admits(self, actor: Actor) -> bool:
        asked = SimpleNamespace(actor=actor, method=self.method, _request=SimpleNamespace(method=self.method))
        return all(permission.has_permission(asked, self.view) for permission in self.view.get_permissions())

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
    """Describes our filter backend as if it were django-filter's own."""

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
                "schema": filter_schema(declared),
                "description": str(declared.extra.get("help_text") or declared.label or ""),
            }
            for name, declared in getattr(filterset, "base_filters", {}).items()
        ]


def filter_schema(declared: Any) -> dict[str, Any]:
    choices = declared.extra.get("choices")
    listed = {"enum": [str(value) for value, _ in choices]} if choices else {}
    return {"type": FILTER_TYPES.get(type(declared).__name__, "string")} | listed


FILTER_TYPES = {"BooleanFilter": "boolean", "IntegerFilter": "integer"}
