"""Creates, reads and changes objects; each change records the events that report it."""

from typing import Any

from . import events
from .call import PLATFORM, Call
from .errors import missing_resource, unknown_account
from .ids import new_id
from .store import Object

LABELS = {"payment_method": "PaymentMethod", "setup_intent": "setupintent"}
PATH_PARAMS = {"payment_intent": "intent", "setup_intent": "intent", "checkout.session": "session"}


def new(call: Call, kind: str, **fields: Any) -> Object:
    return {"id": new_id(kind), "object": kind, "created": call.now, **fields}


def get(call: Call, kind: str, identifier: str, *, param: str | None = None) -> Object:
    """The object; Stripe's 404 if it does not exist, was deleted, or belongs to another account."""
    found = call.store.find(identifier, kind, call.account)
    if found is None or found.get("deleted"):
        raise missing_resource(LABELS.get(kind, kind), identifier, param or PATH_PARAMS.get(kind, "id"))
    return found


def get_account(call: Call, identifier: str) -> Object:
    """A connected account; all of them belong to the platform."""
    found = call.store.find(identifier, "account", PLATFORM)
    if found is None or found.get("deleted"):
        raise unknown_account(identifier)
    return found


def create(call: Call, data: Object, *kinds: str) -> Object:
    call.store.insert(data, call.account)
    for kind in kinds:
        events.record(call, kind, data)
    return data


def save(call: Call, data: Object, *kinds: str) -> Object:
    """Writes a changed object; events ending in `updated` contain its previous values."""
    before = call.store.find(data["id"]) if kinds else None
    call.store.save(data)
    for kind in kinds:
        events.record(call, kind, data, before=before if kind.endswith("updated") else None)
    return data


def remove(call: Call, data: Object, *kinds: str) -> Object:
    stub = {"id": data["id"], "object": data["object"], "deleted": True}
    call.store.remove(stub)
    for kind in kinds:
        events.record(call, kind, data)
    return stub
