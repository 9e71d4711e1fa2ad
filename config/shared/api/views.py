"""The base of every view: actor, order of checks, idempotency, conditional reads, strict lists."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView as BaseAPIView

from config.shared import idempotency, scopes
from config.shared.actor import GUEST
from config.shared.api import params
from config.shared.api.conditional import etag_of
from config.shared.api.expand import Load, expand
from config.shared.api.filters import StrictFilterBackend
from config.shared.api.serializers import validated
from config.shared.lookups import find


class ApiMixin:
    """Checks in the order: method, authentication, throttle, permission, idempotency, body.

    `idempotency` is "optional", "required", "never" (secrets in the answer) or "calls_out" (see
    `config.shared.idempotency`). `throttle_scope` names a stricter rate of `THROTTLE_RATES`. An API key needs the scope
    of the view's area (see `config.shared.scopes`) and may not use the methods in `closed_to_keys`. Staff who have yet
    to prove a second factor reach only views that are `open_to_unproven`.
    """

    idempotency = "optional"
    throttle_scope = ""
    throttle_strict = False
    closed_to_keys: Collection[str] = ()
    open_to_unproven = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """DRF's own, except that 405 comes first and the handler runs inside the idempotency log."""
        self.args, self.kwargs = args, kwargs
        request = self.request = self.initialize_request(request, *args, **kwargs)
        request.actor = GUEST  # until authentication sets another
        self.headers = self.default_response_headers
        try:
            handler = (
                getattr(self, request.method.lower(), None)
                if request.method in self.allowed_methods
                else None
            )
            if handler is None:
                raise MethodNotAllowed(request.method)
            self.initial(request, *args, **kwargs)
            response = idempotency.answer(self, request, lambda: handler(request, *args, **kwargs))
        except Exception as exc:
            response = self.handle_exception(exc)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request, force=True
        )
        request.version = request.versioning_scheme = None
        self.perform_authentication(request)
        self.check_throttles(request)
        scopes.check(request.actor, self, request.method)
        self.check_permissions(request)

    def perform_authentication(self, request: Request) -> None:
        actor = request.auth or GUEST
        headers = request.headers
        cart, order = headers.get("Cart-Token", "")[:128], headers.get("Order-Token", "")[:128]
        request.actor = actor.carrying(cart_token=cart, order_token=order)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request._request, "rate_limit_headers", {}).items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-store")  # public reads set their own
        return response

    def body(self, serializer_class: type[Serializer] | None = None) -> dict[str, Any]:
        """The request's body, validated by the view's own serializer unless another is given; raises 400."""
        return validated(serializer_class or self.serializer_class, self.request.data)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The allowed methods (`Allow`); their parameters and bodies are in the OpenAPI document."""
        return Response(status=204)

    def with_secrets(self, body: Any) -> Any:
        """Adds secrets that the idempotency log may not store, to the first answer and to each replay."""
        return body


class ApiView(ApiMixin, BaseAPIView):
    """A route of its own; `extra_parameters` are its query parameters, each given once unless it is repeatable."""

    extra_parameters: tuple[str, ...] = ()
    repeatable_parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        params.check_known(request.query_params, self.extra_parameters, repeatable=self.repeatable_parameters)


class ViewSet(ApiMixin, viewsets.GenericViewSet):
    """Rows of one model, seen through `visible_to(actor)`: a row that the actor may not see is 404.

    `{id}` in a path is the primary key or, if the model has one, the value of `alternative_lookup`. Reads accept
    `expand=` with the names in `expandable` (see `config.shared.api.expand`).
    """

    filter_backends = [StrictFilterBackend]
    lookup_field = "id"
    alternative_lookup = ""
    sorts: dict[str, str] = {"created_at": "created_at"}
    default_sort = "-created_at"
    extra_parameters: tuple[str, ...] = ()
    repeatable_parameters: tuple[str, ...] = ()
    parameter_prefixes: tuple[str, ...] = ()
    expandable: Mapping[str, Load] = {}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().visible_to(self.request.actor)

    def get_object(self) -> Model:
        resource = self.find(self.filter_queryset(self.get_queryset()), self.kwargs[self.lookup_field])
        self.check_object_permissions(self.request, resource)
        return resource

    def find(self, queryset: QuerySet, value: str) -> Model:
        """The row that `{id}` in the path names; raises NotFound."""
        return find(queryset, value, alternative=self.alternative_lookup)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        serializer = self.get_serializer(page, many=True)
        wanted = params.names(request.query_params, "fields", serializer.child.fields)
        rows = serializer.data
        return self.get_paginated_response(
            self.expanded([{name: row[name] for name in wanted} for row in rows] if wanted else rows)
        )

    def expanded(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows, with the resources that `expand=` names in place of their ids or short forms."""
        query = self.request.query_params
        asked = params.names(query, "expand", self.expandable) if "expand" in query else []
        for name in dict.fromkeys(asked):
            expand(rows, name, self.expandable[name], self.request.actor)
        return rows


class RetrieveMixin(mixins.RetrieveModelMixin):
    """Reads one row; the answer has an `ETag` if the row has a `version`."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        resource = self.get_object()
        headers = {"ETag": etag_of(resource)} if hasattr(resource, "version") else None
        [row] = self.expanded([self.get_serializer(resource).data])  # type: ignore[attr-defined]
        return Response(row, headers=headers)
