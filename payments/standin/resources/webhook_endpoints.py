"""Webhook endpoints created through the API; each has its own secret, which only the answer to its creation shows."""

import secrets

from .. import objects
from ..call import Call
from ..errors import invalid
from ..events import API_VERSION
from ..params import flag, list_of, metadata, text
from ..routing import Route, listing, retrieving
from ..store import Object


def create(call: Call) -> Object:
    if not call.params["url"].startswith(("http://", "https://")):
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid(message, code="url_invalid", param="url")
    secret = f"whsec_{secrets.token_hex(16)}"
    endpoint = objects.new(
        call,
        "webhook_endpoint",
        api_version=call.params.get("api_version") or API_VERSION,
        application=None,
        description=call.params.get("description"),
        enabled_events=call.params["enabled_events"],
        livemode=False,
        metadata=call.metadata(),
        status="enabled",
        url=call.params["url"],
        _connect=call.params.get("connect") or False,
        _secret=secret,
    )
    return objects.create(call, endpoint) | {"secret": secret}


def delete(call: Call) -> Object:
    return objects.remove(call, objects.get(call, "webhook_endpoint", call.id))


CREATE = {
    "api_version": text,
    "connect": flag,
    "description": text,
    "enabled_events": list_of(text),
    "metadata": metadata,
    "url": text,
}

ROUTES = [
    Route("POST", "/v1/webhook_endpoints", create, CREATE, ("enabled_events", "url")),
    retrieving("/v1/webhook_endpoints/{}", "webhook_endpoint"),
    Route("DELETE", "/v1/webhook_endpoints/{}", delete),
    listing("/v1/webhook_endpoints", "webhook_endpoint"),
]
