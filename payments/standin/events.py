"""Events: recorded in the transaction that they report, with one delivery for each receiver."""

import time
from collections import defaultdict
from collections.abc import Callable

from .call import Call
from .ids import new_id
from .store import CONFIGURED, Object, Store

API_VERSION = "2026-10-28.endive"

Reaction = Callable[[Call, Object], None]
_reactions: dict[str, list[Reaction]] = defaultdict(list)


def on(kind: str) -> Callable[[Reaction], Reaction]:
    """Registers a reaction to an event, in the same transaction, of which the event's source knows nothing."""

    def register(reaction: Reaction) -> Reaction:
        _reactions[kind].append(reaction)
        return reaction

    return register


def public(data: Object) -> Object:
    """The object as the API shows it: names with a leading underscore are the stand-in's own notes."""
    return {key: value for key, value in data.items() if not key.startswith("_")}


def record(
    call: Call, kind: str, subject: Object, *, before: Object | None = None, account: str | None = None
) -> None:
    """Pass `account` if the event belongs to another account than the call's."""
    account = call.account if account is None else account
    receivers = [each for each in receivers_of(call.store) if _wants(each, kind, connected=bool(account))]
    event: Object = {
        "id": new_id("event"),
        "object": "event",
        "api_version": API_VERSION,
        "created": call.now,
        "data": _data(subject, before),
        "livemode": False,
        "pending_webhooks": len(receivers),
        "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
        "type": kind,
    }
    if account:
        event["account"] = account
    call.store.insert(event, account)
    for receiver in receivers:
        enqueue(call.store, event["id"], receiver["id"])
    for reaction in _reactions[kind]:
        reaction(call, subject)


def receivers_of(store: Store) -> list[Object]:
    return [*store.every("webhook_endpoint", CONFIGURED), *store.every("webhook_endpoint", "")]


def enqueue(store: Store, event: str, receiver: str) -> None:
    now = time.time()
    store.db.execute(
        "INSERT INTO deliveries (event, receiver, created, due) VALUES (?, ?, ?, ?)",
        (event, receiver, now, now),
    )


def pending_webhooks(store: Store, event: str) -> int:
    sql = "SELECT count(*) FROM deliveries WHERE event = ? AND state = 'pending'"
    return int(store.db.execute(sql, (event,)).fetchone()[0])


def _wants(receiver: Object, kind: str, *, connected: bool) -> bool:
    """An endpoint receives events of the platform or of connected accounts; configured receivers get both."""
    return receiver.get("_connect", connected) == connected and not {"*", kind}.isdisjoint(
        receiver["enabled_events"]
    )


def _data(subject: Object, before: Object | None) -> Object:
    data = {"object": public(subject)}
    if before is not None:
        data["previous_attributes"] = {
            key: value for key, value in public(before).items() if subject.get(key) != value
        }
    return data
