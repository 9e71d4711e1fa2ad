"""Events as the API shows them."""

from .. import events, objects
from ..call import Call
from ..lists import list_of_page
from ..params import list_of, text, time_range
from ..routing import PAGING, Route
from ..store import Object


def retrieve(call: Call) -> Object:
    return _current(call, objects.get(call, "event", call.id))


def list_events(call: Call) -> Object:
    kinds = call.params.get("types") or call.params.get("type")
    page = list_of_page(call, "event", "/v1/events", where={"type": kinds})
    return page | {"data": [_current(call, event) for event in page["data"]]}


def _current(call: Call, event: Object) -> Object:
    return event | {"pending_webhooks": events.pending_webhooks(call.store, event["id"])}


ROUTES = [
    Route("GET", "/v1/events/{}", retrieve),
    Route(
        "GET",
        "/v1/events",
        list_events,
        {**PAGING, "created": time_range, "type": text, "types": list_of(text)},
    ),
]
