"""`/asyncapi.yaml`: the websockets, the event stream and the webhooks, generated from the events' declarations.

AsyncAPI 3.0, from the service's point of view: it sends, clients receive. A test validates every frame against it.
"""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.shared.events.declared import Event, schema_of, told_types
from config.shared.realtime.sse import PATH as STREAM_PATH
from config.sockets import urlpatterns

TEXT = {"type": "string"}
CURSOR = {"type": "string", "pattern": "^[0-9]+$", "description": "The cursor to resume from."}
TIME = {"type": "string", "format": "date-time"}
EXAMPLES: dict[str, Any] = {"string": "7", "integer": 3, "boolean": True, "null": None, "object": {}}
QUERY = {
    "ticket": TEXT | {"description": "From POST /api/v1/auth/websocket-ticket; good once, for 30 seconds."},
    "after": CURSOR,
    "coalesce": {
        "type": "integer",
        "minimum": 1,
        "maximum": 60_000,
        "description": "Milliseconds to gather.",
    },
    "product": {"type": "array", "items": TEXT, "description": "Ids or slugs."},
}
OWN_FRAMES = {
    "ready": ("Every missed event has been sent; live events follow.", {"cursor": CURSOR}),
    "resync": ("The log no longer reaches back to the cursor: read the present state.", {"cursor": CURSOR}),
    "subscribed": ("The subscription to this product has begun.", {"product": TEXT}),
    "unsubscribed": ("The subscription to this product has ended.", {"product": TEXT}),
}
ERROR = {
    "type": "object",
    "required": ["type", "data"],
    "properties": {
        "type": {"const": "error"},
        "data": {
            "type": "object",
            "required": ["code", "detail"],
            "properties": {"code": TEXT, "detail": TEXT, "retry_after_ms": {"type": "integer"}},
        },
    },
}


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(as_yaml(), content_type="application/yaml; charset=utf-8")


@cache
def as_yaml() -> str:
    return yaml.safe_dump(document(), sort_keys=False, allow_unicode=True)


def document() -> dict[str, Any]:
    sockets = {pattern.callback.consumer_class.stream: pattern for pattern in urlpatterns}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Souk, live",
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "description": "Events over websockets, Server-Sent Events and webhooks. How to resume, and the close codes: docs/clients.md.",
        },
        "servers": {"websockets": server()},
        "defaultContentType": "application/json",
        "channels": {name: channel_of(pattern) for name, pattern in sockets.items()} | elsewhere(),
        "operations": operations_of(sockets),
        "components": {"messages": messages(), "securitySchemes": schemes()},
    }


def server() -> dict[str, Any]:
    address = urlsplit(settings.PUBLIC_WS_URL)
    return {
        "host": address.netloc,
        "protocol": address.scheme,
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
    }


def schemes() -> dict[str, Any]:
    bearer = "An access token or API key in the header, or ?ticket= for browsers; /ws/v1/inventory is open."
    return {"bearer": {"type": "http", "scheme": "bearer", "description": bearer}}


# --- Channels ---------------------------------------------------------------------------------------------


def channel_of(pattern: Any) -> dict[str, Any]:
    consumer = pattern.callback.consumer_class
    names = ["ticket", "after", "coalesce", *consumer.parameters]
    query = {"type": "object", "properties": {name: QUERY[name] for name in names}}
    return {
        "address": f"/{pattern.pattern}",
        "description": " ".join(consumer.__doc__.split()),
        "messages": refs(heard_on(consumer)),
        "bindings": {"ws": {"method": "GET", "query": query}},
    }


def heard_on(consumer: Any) -> list[str]:
    own = ["ready", "resync", "error"]
    own += ["subscribed", "unsubscribed", "subscribe", "unsubscribe"] if consumer.parameters else []
    return [*(name for name, event in told_types().items() if event.stream == consumer.stream), *own]


def elsewhere() -> dict[str, Any]:
    hooks = "Standard Webhooks: POST to the address that an owner named, see /api/docs for /admin/webhooks."
    stream = "Server-Sent Events; a browser's EventSource sends Last-Event-ID by itself. The end is told as `closed`."
    return {
        "events": {
            "address": STREAM_PATH,
            "description": stream,
            "messages": refs([*told_types(), "ready", "resync", "error"]),
            "bindings": {"http": {"bindingVersion": "0.3.0"}},
        },
        "webhooks": {
            "address": None,
            "description": hooks,
            "messages": refs(map(webhook_name, told_types())),
        },
    }


def refs(names: Any) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def operations_of(sockets: dict[str, Any]) -> dict[str, Any]:
    sending = {
        f"send-{name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
        for name in (*sockets, "events", "webhooks")
    }
    channel = {"$ref": "#/channels/inventory"}
    spoken = ("subscribe", "unsubscribe")
    return sending | {
        name: {
            "action": "receive",
            "channel": channel,
            "messages": [{"$ref": f"#/channels/inventory/messages/{name}"}],
        }
        for name in spoken
    }


# --- Messages ---------------------------------------------------------------------------------------------


def messages() -> dict[str, Any]:
    told = told_types().items()
    own = {
        name: message(name, text, frame(name, required(data))) for name, (text, data) in OWN_FRAMES.items()
    }
    error = {"error": message("error", "What was wrong; before the end of a connection, why it ends.", ERROR)}
    heard = {
        name: message(name, "Said by the client.", spoken(name)) for name in ("subscribe", "unsubscribe")
    }
    return {
        **{name: event_message(event, frame(name, schema_of(event))) for name, event in told},
        **{
            webhook_name(name): event_message(event, delivery(name, schema_of(event))) for name, event in told
        },
        **own,
        **error,
        **heard,
    }


def webhook_name(kind: str) -> str:
    return f"webhook.{kind}" if not kind.startswith("webhook.") else f"{kind}.webhook"


def event_message(event: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    text = " ".join((event.__doc__ or "").split())
    told = "" if text.startswith(f"{event.__name__}(") else text
    return message(event.type, told, payload) | {
        "x-version": event.version,
        "examples": [{"payload": example_of(payload)}],
    }


def message(name: str, summary: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, **({"summary": summary} if summary else {}), "payload": payload}


def frame(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return required({"type": {"const": kind}, "id": CURSOR, "at": TIME, "data": data})


def delivery(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return required({"type": {"const": kind}, "id": CURSOR, "timestamp": TIME, "data": data})


def spoken(kind: str) -> dict[str, Any]:
    return required({"type": {"const": kind}, "product": TEXT})


def required(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def example_of(schema: dict[str, Any]) -> Any:
    """A value that the schema accepts."""
    if "const" in schema:
        return schema["const"]
    if "properties" in schema:
        return {name: example_of(part) for name, part in schema["properties"].items()}
    if schema.get("format") == "date-time":
        return "2026-01-31T12:00:00Z"
    if schema["type"] == "array":
        return [example_of(schema["items"])]
    kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
    return "1042" if "pattern" in schema else EXAMPLES[kind]
