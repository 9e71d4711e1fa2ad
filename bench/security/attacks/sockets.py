"""Websockets: who may connect, with what, to whose events."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from accounts.tests.factories import UserFactory, token_for
from bench.security.attacks.browser import FOREIGN
from bench.security.report import Check
from bench.security.stage import ORIGIN
from config.tests.attacks import tokens
from orders.models import Order

STREAMS = ("orders", "notifications", "inventory")


def attack(scene: Any) -> Iterator[Check]:
    yield origins(scene)
    yield secrets_in_address(scene)
    yield tickets(scene)
    yield others(scene)
    yield expiring(scene)
    yield garbage(scene)


def outcome(scene: Any, path: str, origin: str | None = None, token: str = "") -> str:
    """`ready`, a close code, or the status of the handshake."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with connect(
            f"{scene.sockets}/ws/v1/{path}", origin=origin, additional_headers=headers, open_timeout=10
        ) as wire:
            while True:
                frame = json.loads(wire.recv(timeout=10))
                if frame["type"] == "ready":
                    return "ready"
    except InvalidStatus as refusal:
        return str(refusal.response.status_code)
    except (WebSocketException, TimeoutError, OSError) as end:
        closed = getattr(end, "rcvd", None)
        return str(closed.code) if closed else repr(end)


def origins(scene: Any) -> Check:
    check, token = (
        Check("sockets: foreign origins are refused in the handshake"),
        token_for(scene.world.users["customer"]),
    )
    for stream in STREAMS:
        for origin in FOREIGN:
            check.equal(outcome(scene, stream, origin, token), "403", f"{stream} from {origin}")
    check.equal(outcome(scene, "orders", ORIGIN, token), "ready", "our own")
    check.equal(outcome(scene, "orders", None, token), "ready", "a client that is no browser")
    return check


def secrets_in_address(scene: Any) -> Check:
    check = Check("sockets: no token, a forged one, one in the address")
    users = scene.world.users
    good = token_for(users["customer"])
    for stream in ("orders", "notifications"):
        for query in (
            "",
            f"?token={good}",
            f"?access_token={good}",
            "?ticket=guessed",
            "?ticket=",
            "?ticket=%00",
        ):
            check.equal(outcome(scene, stream + query), "4401", f"{stream}{query[:20]}")
        for name, token in tokens.forgeries(good, other=users["other"], admin=users["admin"]).items():
            check.equal(outcome(scene, stream, None, token), "4401", f"{stream}: {name}")
    check.tried(outcome(scene, "nothing", None, good) in {"404", "4404", "403"}, "an unknown path")
    return check


def tickets(scene: Any) -> Check:
    check = Check("sockets: a ticket is good once, and for as long as its session")
    for _ in range(5):
        user = UserFactory()
        wire = scene.web.carrying(token_for(user))
        ticket = wire.api("POST", "auth/websocket-ticket").body["ticket"]
        check.equal(outcome(scene, f"orders?ticket={ticket}"), "ready", "the first time")
        check.equal(outcome(scene, f"orders?ticket={ticket}"), "4401", "the second time")
        ticket = wire.api("POST", "auth/websocket-ticket").body["ticket"]
        wire.api("POST", "auth/logout-all", {})
        check.equal(outcome(scene, f"orders?ticket={ticket}"), "4401", "after the log-out")
    return check


def others(scene: Any) -> Check:
    """An order of the customer's changes: its customer and its seller are told, strangers are not."""
    check, listeners = Check("sockets: another's events are not told"), {}
    order = Order.objects.get(pk=scene.world.names["unpaid"])
    for name in ("customer", "seller", "other", "rival"):
        token = {"Authorization": f"Bearer {token_for(scene.world.users[name])}"}
        listeners[name] = connect(f"{scene.sockets}/ws/v1/orders", additional_headers=token)
        json.loads(listeners[name].recv(timeout=10))
    done = scene.caller("customer").api(
        "POST", f"orders/{order.pk}/cancel", {}, idempotency_key=uuid.uuid4().hex
    )
    check.equal(done.status, 200, "the cancellation")
    for name, wire in listeners.items():
        told = [frame for frame in frames(wire) if frame.get("data", {}).get("order") == str(order.pk)]
        check.equal(bool(told), name in {"customer", "seller"}, f"{name} is told")
        wire.close()
    for product, by in (("draft", None), ("closed_product", None), ("draft", "rival")):
        token = token_for(scene.world.users[by]) if by else ""
        found = outcome(scene, f"inventory?product={scene.world.names[product]}", None, token)
        check.tried(found != "ready", f"stock of {product} by {by}: {found}")
    return check


def frames(wire: Any) -> Iterator[Any]:
    try:
        while True:
            yield json.loads(wire.recv(timeout=3))
    except (TimeoutError, WebSocketException):
        return


def expiring(scene: Any) -> Check:
    check = Check("sockets: the end of a token ends its connection")
    claims = tokens.claims_of(token_for(scene.world.users["other"])) | {"exp": int(time.time()) + 3}
    begun = time.monotonic()
    with connect(
        f"{scene.sockets}/ws/v1/orders",
        additional_headers={"Authorization": f"Bearer {tokens.signed(claims)}"},
    ) as wire:
        for _ in frames_until_closed(wire):
            pass
        check.equal(wire.close_code, 4401, "the close code")
    check.tried(time.monotonic() - begun < 8, f"after {time.monotonic() - begun:.0f} s")
    return check


def frames_until_closed(wire: Any) -> Iterator[Any]:
    try:
        while True:
            yield wire.recv(timeout=10)
    except (TimeoutError, WebSocketException):
        return


def garbage(scene: Any) -> Check:
    check = Check("sockets: frames out of shape, queries out of shape")
    for content in (
        "",
        "{",
        "null",
        "[" * 50_000,
        "\x00",
        b"\xff\xfe",
        "a" * 60_000,
        "a" * 200_000,
        '{"type":"auth"}',
    ):
        with connect(f"{scene.sockets}/ws/v1/inventory?product={scene.world.names['product']}") as wire:
            wire.recv(timeout=10)
            wire.send(content)
        check.tried(wire.close_code != 1011, f"{content[:20]!r}: {wire.close_code}")
    for query in (
        "?after=x",
        "?after=-1",
        "?after=" + "9" * 40,
        "?coalesce=NaN",
        "?product=%00",
        "?product=" + "9" * 30,
        "?x=1",
        "?%ff",
        "?" + "product=1&" * 500,
    ):
        found = outcome(scene, "inventory" + query)
        check.tried(found not in {"1011", "1006", "500"}, f"{query[:30]}: {found}")
    check.equal(outcome(scene, f"inventory?product={scene.world.names['product']}"), "ready", "afterwards")
    return check
