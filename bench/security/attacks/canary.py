"""Secrets that are sent in and given out, looked for afterwards in every log and every row of every table."""

import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.tests.factories import SellerFactory, token_for
from bench.security.report import Check

# Where a secret must be kept, to be used again: what signs the webhooks that go out.
KEPT = {"shared_webhookendpoint"}
TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def attack(scene: Any) -> Iterator[Check]:
    sent = planted(scene)
    time.sleep(3)  # the jobs of it: mails, events
    rows = dict(tables())
    logs = {path.name: path.read_text(errors="replace") for path in log_files(scene)}
    yield looked_through("secrets in the log files, at DEBUG", sent, logs)
    yield looked_through("secrets in jobs, events, audit trail, outbox: every table", sent, rows)
    seen = Check("the canary sings: what is no secret is found in them")
    marker = sent["no secret: a request's id"]
    seen.tried(any(marker in text for text in logs.values()), "the id of a request is in no log")
    yield seen


def looked_through(name: str, sent: dict[str, str], texts: dict[str, str]) -> Check:
    check = Check(name)
    check.note = f"{len(texts)} places, {sum(map(len, texts.values())) // 1024:,} KB"
    for what, secret in sent.items():
        if what.startswith("no secret"):
            continue
        found = [
            place for place, text in texts.items() if secret in text and place.partition(".")[2] not in KEPT
        ]
        check.tried(not found, f"{what} in {found}: {around(texts[found[0]], secret) if found else ''}")
    return check


def around(text: str, secret: str) -> str:
    place = text.index(secret)
    return repr(text[max(0, place - 120) : place + 20])


def word() -> str:
    return f"Zq7-{secrets.token_urlsafe(18)}"


def card() -> str:
    return "4242" + "".join(secrets.choice("0123456789") for _ in range(12))


def planted(scene: Any) -> dict[str, str]:
    """What was sent in or given out, by what it is."""
    web, sent = (
        scene.web,
        {
            "password": word(),
            "another password": word(),
            "a wrong one": word(),
            "no secret: a request's id": word(),
        },
    )
    email = f"{secrets.token_hex(6)}@example.com"
    new = web.api(
        "POST",
        "auth/register",
        {"email": email, "password": sent["password"], "name": "Eve"},
        x_request_id=sent["no secret: a request's id"],
    ).body
    sent |= {"access token": new["access"], "refresh token": new["refresh"]}
    pair = web.api("POST", "auth/token", {"email": email, "password": sent["password"]}).body
    sent |= {"second access token": pair["access"], "second refresh token": pair["refresh"]}
    web.api("POST", "auth/token", {"email": email, "password": sent["a wrong one"]})
    mine = web.carrying(pair["access"])
    body = {"current_password": sent["password"], "new_password": sent["another password"]}
    mine.api("POST", "auth/password/change", body)
    sent["a new access token"] = web.api(
        "POST", "auth/token", {"email": email, "password": sent["another password"]}
    ).body["access"]
    mine = web.carrying(sent["a new access token"])
    sent["ticket"] = mine.api("POST", "auth/websocket-ticket").body["ticket"]
    sent |= misplaced(mine) | of_a_seller(scene) | of_money(scene, mine) | mailed(scene, email)
    return sent


def misplaced(wire: Any) -> dict[str, str]:
    """Where clients put secrets by mistake: other members, queries, headers, paths, broken bodies."""
    sent = {
        f"misplaced {where}": word()
        for where in (
            "member",
            "query",
            "ticket",
            "token",
            "header",
            "cookie",
            "basic",
            "body",
            "socket",
            "type",
        )
    }
    wire.api(
        "POST",
        "me/addresses",
        {"password": sent["misplaced member"], "name": {"password": sent["misplaced member"]}},
    )
    wire.api("GET", f"products?password={sent['misplaced query']}")
    wire.api("GET", f"events?ticket={sent['misplaced ticket']}")
    wire.api("GET", f"me?access_token={sent['misplaced token']}")
    wire.api("GET", "me", authorization=f"Bearer {sent['misplaced header']}")
    wire.api("GET", "me", cookie=f"sessionid={sent['misplaced cookie']}")
    wire.api("GET", "me", authorization=f"Basic {sent['misplaced basic']}")
    wire.api("POST", "auth/token", b'{"password": "' + sent["misplaced body"].encode() + b'"')
    wire.api("POST", "auth/token", {"email": ["x"], "password": [sent["misplaced socket"]]})
    wire.api("POST", "auth/token", {"email": "x@example.com", "password": {"is": sent["misplaced type"]}})
    return sent


def of_a_seller(scene: Any) -> dict[str, str]:
    wire = scene.web.carrying(token_for(SellerFactory().user))
    key = wire.api("POST", "me/api-keys", {"name": "Till", "scopes": ["catalog:read"]}).body
    totp = wire.api("POST", "me/totp", {}).body
    hook = wire.api("POST", "sellers/me/webhooks", {"url": "https://receiver.invalid/x"}).body
    turned = wire.api("POST", f"sellers/me/webhooks/{hook['id']}/rotate-secret", {}).body
    wire.api("POST", f"sellers/me/webhooks/{hook['id']}/test", {})
    scene.web.carrying(key["key"]).api("GET", "products/my")
    found = {
        "API key": key["key"],
        "webhook secret": hook["secret"],
        "rotated webhook secret": turned["secret"],
    }
    return found | {"TOTP secret": totp["secret"]}


def of_money(scene: Any, wire: Any) -> dict[str, str]:
    """Card numbers where a payment method belongs; the secret of a payment that a browser gets."""
    sent = {"card number": card(), "card number as a member": card(), "card number in a query": card()}
    customer, payment = scene.caller("customer"), scene.world.names["payment"]
    customer.api("POST", f"payments/{payment}/confirm", {"payment_method": sent["card number"]})
    customer.api(
        "POST", "payments", {"order": "1", "card": {"number": sent["card number as a member"], "cvc": "123"}}
    )
    customer.api("GET", f"orders?card={sent['card number in a query']}")
    opened = customer.api("GET", f"payments/{payment}").body
    return sent | ({"client secret": opened["client_secret"]} if opened.get("client_secret") else {})


def mailed(scene: Any, email: str) -> dict[str, str]:
    """The link of a password's reset, out of its mail."""
    scene.web.api("POST", "auth/password/reset", {"email": email})
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        for path in Path(scene.folder, "mail").glob("*"):
            found = re.search(
                r"reset\S*[?&#]token=([\w.:~-]{20,})", path.read_text().replace("=\n", "").replace("=3D", "=")
            )
            if found:
                return {"token of a reset": found[1]}
        time.sleep(0.3)
    return {}


def tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {name} t")
            yield name, cursor.fetchone()[0]


def log_files(scene: Any) -> list[Path]:
    """Of the servers and of the services behind them; mails are files, too, and hold what their reader must have."""
    return [path for path in scene.folder.rglob("*.log") if path.is_file() and path.parent.name != "mail"]
