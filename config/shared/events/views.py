"""The log over HTTP, for clients that poll."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.actor import Actor
from config.shared.api import params
from config.shared.api.views import ApiView
from config.shared.errors import Problem
from config.shared.events import log
from config.shared.events.declared import all_streams
from config.shared.lookups import is_id

MAX_PRODUCTS = 100
LIMIT = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}


class CursorTooOld(Problem):
    status_code, code = 409, "resync"
    detail = (
        "The log no longer reaches back to this cursor: read the present state, then go on from `cursor`."
    )


class StreamElsewhere(Problem):
    status_code, code = 406, "stream_elsewhere"

    def __init__(self) -> None:
        super().__init__("Server-Sent Events are served by the websocket server.", url=stream_url())


class EventList(ApiView):
    """Events that concern the caller, oldest first; without `after`, only the cursor to start from."""

    permission_classes = [AllowAny]
    extra_parameters = ("after", "limit", "product")
    repeatable_parameters = ("product",)

    @extend_schema(
        tags=["events"],
        parameters=[
            OpenApiParameter("after", str, description="The `id` of the last event that you have."),
            OpenApiParameter("limit", LIMIT, description="Events at most."),
            OpenApiParameter("product", str, many=True, description="Follow the stock of these products."),
        ],
        responses=inline_serializer(
            "Events",
            {
                "results": serializers.ListField(child=serializers.DictField()),
                "cursor": serializers.CharField(help_text="Go on from here."),
                "more": serializers.BooleanField(help_text="Whether there is more at once."),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        if "text/event-stream" in request.headers.get("Accept", ""):
            raise StreamElsewhere
        query = request.query_params
        audiences = audiences_of(request.actor, query.getlist("product"))
        limit = params.integer(query, "limit", 20, least=1, most=100)
        last = log.head()
        if "after" not in query:
            return Response({"results": [], "cursor": str(last), "more": False})
        return Response(page(audiences, after=log.parse_cursor(query["after"]), until=last, limit=limit))


def stream_url() -> str:
    return settings.PUBLIC_WS_URL.replace("ws", "http", 1) + "/api/v1/events"


def audiences_of(actor: Actor, products: list[str]) -> list[str]:
    """The actor's own audiences and those of the products it may see; raises 400 for any other product."""
    if len(products) > MAX_PRODUCTS or not all(is_id(product) for product in products):
        raise params.refuse("product", f"Must be at most {MAX_PRODUCTS} product ids.")
    visible = import_string(settings.EVENT_PRODUCTS)(actor, products) if products else set()
    if unknown := sorted(set(products) - visible):
        raise params.refuse("product", f"There is no product {', '.join(unknown)}.")
    return [*actor.audiences, *(f"product:{product}" for product in products)]


def page(audiences: list[str], *, after: int, until: int, limit: int) -> dict[str, Any]:
    if not log.can_resume(after, until):
        raise CursorTooOld(cursor=str(until))
    events = (
        log.for_audiences(audiences, streams=all_streams(), after=after, until=until, limit=limit)
        if audiences
        else []
    )
    more = len(events) == limit
    return {
        "results": [e.frame() for e in events],
        "cursor": str(events[-1].position if more else until),
        "more": more,
    }
