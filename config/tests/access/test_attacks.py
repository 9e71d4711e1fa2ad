"""What attackers send, over the real routes: nothing of it works, and nothing of it is a 5xx or anything but a problem."""

import hmac
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from accounts.models import User
from accounts.services import change_password, change_user, refresh_session, start_session
from accounts.services.sessions import NOWHERE
from accounts.tests.factories import PASSWORD, UserFactory, token_for
from config.shared.api.pagination import PARAMETERS
from config.tests.access.acting import filled, headers_of, is_problem, path_of, send_raw, undone
from config.tests.access.routes import all_acts
from config.tests.access.row import Row
from config.tests.access.rows import JSON_WRITES, READS, ROWS, WITH_PARAMETERS
from config.tests.access.snapshot import changed, snapshot
from config.tests.access.world import World
from config.tests.attacks import bodies, tokens
from config.tests.attacks.assigning import assign
from config.tests.attacks.complaints import complaint, told
from config.tests.attacks.fields import Masks, all_rows, wishes
from orders.tests.factories import actor_of

STRIPE = "payments/webhooks/stripe"
FREE = {"attributes", "value"}  # members that take more than one type

# --- Tokens ---------------------------------------------------------------------------------------------------


def bearer(api: Any, header: str, path: str = "/api/v1/me") -> Any:
    return api.get(path, headers={"Authorization": header})


def refused(response: Any) -> bool:
    challenge = response.headers.get("WWW-Authenticate")
    return response.status_code == 401 and challenge == "Bearer" and is_problem(response)


def test_no_forged_or_misused_token_is_believed(world: World, api: Any) -> None:
    good, users = token_for(world.users["customer"]), world.users
    made = tokens.forgeries(good, other=users["other"], admin=users["admin"]) | tokens.misuses(good)
    made["refresh token"] = world.names["refresh"]
    before = snapshot()

    assert (
        bearer(api, f"Bearer {tokens.signed(tokens.claims_of(good))}").status_code == 200
    )  # forging is done right
    believed = [name for name, token in made.items() if not refused(bearer(api, f"Bearer {token}"))]
    taken = [header[:40] for header in tokens.HEADERS if not refused(bearer(api, header))]
    admitted = [
        name
        for name, token in made.items()
        if not refused(bearer(api, f"Bearer {token}", "/api/v1/admin/users"))
    ]
    assert (believed, taken, admitted, changed(before)) == ([], [], [], [])


def test_no_forged_or_misused_token_is_refreshed(world: World, api: Any) -> None:
    good, users = world.names["refresh"], world.users
    claims = tokens.claims_of(good)
    made = tokens.forgeries(good, other=users["other"], admin=users["admin"]) | {
        "access token": token_for(users["customer"]),
        "expired": tokens.signed(claims | {"exp": int(time.time()) - 1}),
        "other issuer": tokens.signed(claims | {"iss": "https://evil.example"}),
        "other audience": tokens.signed(claims | {"aud": "another-shop"}),
        "no kind": tokens.signed({key: value for key, value in claims.items() if key != "token_type"}),
    }
    before = snapshot()

    answers = {
        name: api.post("/api/v1/auth/token/refresh", {"refresh": token}) for name, token in made.items()
    }
    assert [name for name, answer in answers.items() if not refused(answer)] == []
    assert changed(before) == []
    assert api.post("/api/v1/auth/token/refresh", {"refresh": good}).status_code == 200


def deactivate(user: User, world: World) -> None:
    change_user(actor=actor_of(world.users["admin"]), user_id=user.pk, is_active=False)


def switch_off(user: User, world: World) -> None:
    """As staff would by hand: the sessions stay open."""
    User.objects.filter(pk=user.pk).update(is_active=False)


def delete(user: User, world: World) -> None:
    user.delete()


def renew_password(user: User, world: World) -> None:
    change_password(user=user, current=PASSWORD, new="violet-otter-27", origin=NOWHERE)


def promote(user: User, world: World) -> None:
    """The old role's token ends; the session goes on."""
    change_user(actor=actor_of(world.users["admin"]), user_id=user.pk, role="seller")


@pytest.mark.parametrize("end", [deactivate, switch_off, delete, renew_password, promote])
def test_what_ends_a_token_ends_it_at_once(world: World, api: Any, end: Any) -> None:
    user = UserFactory()
    pair = start_session(user=user)
    assert bearer(api, f"Bearer {pair.access}").status_code == 200

    end(user, world)

    assert refused(bearer(api, f"Bearer {pair.access}"))
    again = api.post("/api/v1/auth/token/refresh", {"refresh": pair.refresh})
    assert again.status_code == 200 if end is promote else refused(again)


def test_a_rotated_refresh_token_ends_its_whole_family(world: World, api: Any) -> None:
    pair = start_session(user=world.users["customer"])
    second = refresh_session(refresh=pair.refresh)
    assert bearer(api, f"Bearer {second.access}").status_code == 200

    assert refused(api.post("/api/v1/auth/token/refresh", {"refresh": pair.refresh}))
    assert refused(bearer(api, f"Bearer {second.access}"))
    assert refused(api.post("/api/v1/auth/token/refresh", {"refresh": second.refresh}))


# --- Mass assignment ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_field_can_be_set_that_is_not_the_callers(world: World) -> None:
    views, masks = all_acts(), Masks(all_rows())
    rows = [row for row in JSON_WRITES if row.path != STRIPE]
    labels = {row.act: apps.get_containing_app_config(views[row.act].__module__).label for row in rows}
    wished = {label: wishes(label, world) for label in set(labels.values())}

    assert min(map(len, wished.values())) > 30
    found = ((row, assign(row, world, wished[labels[row.act]], masks)) for row in rows)
    assert told(f"{row}: {wrong}" for row, wrong in found if wrong) == ""


# --- Bodies ---------------------------------------------------------------------------------------------------


def stripe_signature(row: Row, raw: bytes) -> dict[str, str]:
    """So that what is signed is looked at, too."""
    now = str(int(time.time()))
    mac = hmac.new(settings.STRIPE_WEBHOOK_SECRET.encode(), now.encode() + b"." + raw, sha256).hexdigest()
    return {"Stripe-Signature": f"t={now},v1={mac}"} if row.path == STRIPE else {}


def sent(row: Row, world: World, raw: bytes) -> Any:
    with undone():
        return send_raw(row, world, row.allowed[0], raw, **stripe_signature(row, raw))


def thinned(cases: Iterable[Any]) -> list[Any]:
    """Every 23rd of all cases of all routes: each route meets some, each case some routes; `SWEEP=full` takes all."""
    return list(cases)[:: 1 if os.environ.get("SWEEP") == "full" else 23]


@pytest.mark.slow
def test_no_malformed_body_is_a_5xx(world: World) -> None:
    assert len(bodies.RAW) + len(bodies.WRONG) >= 60
    assert (
        told(
            wrong
            for row, (name, raw) in thinned(product(JSON_WRITES, bodies.RAW.items()))
            for wrong in complaint(sent(row, world, raw), f"{row} with {name}")
        )
        == ""
    )


@pytest.mark.slow
def test_a_value_of_another_type_is_refused_at_every_place(world: World) -> None:
    assert (
        told(
            wrong
            for row, path, value in thinned(
                (row, path, value)
                for row in JSON_WRITES
                for path in bodies.places(filled(row.body, world.names))
                for value in bodies.WRONG
            )
            for wrong in misplaced(row, world, path, value)
        )
        == ""
    )


def misplaced(row: Row, world: World, path: tuple[Any, ...], value: Any) -> Iterator[str]:
    body = filled(row.body, world.names)
    was, what = bodies.at(body, path), f"{row} with {str(value)[:30]!r} at {path}"
    response = sent(row, world, json.dumps(bodies.replaced(body, path, value)).encode())
    yield from complaint(response, what)
    is_strict = None not in (value, was) and not FREE & set(path) and row.path != STRIPE
    if is_strict and response.status_code < 400 and bodies.kind(value) != bodies.kind(was):
        yield f"{response.status_code} {what}, which was {bodies.kind(was)}"


QUANTITIES = (
    "0", "-1", "1.5", "1e3", "1.0", "NaN", "true", "9223372036854775808", "1" + "0" * 400, '"1"', "null", "[1]",
)  # fmt: skip


@pytest.mark.parametrize(
    "route", ["POST cart/items", "PATCH cart/items/{item}", "POST orders/seller/{accepted_part}/ship"]
)
def test_a_quantity_is_a_whole_number_from_1(world: World, route: str) -> None:
    row = next(
        row for row in ROWS if str(row) == route and row.allowed and "quantity" in json.dumps(row.body)
    )
    honest, before = json.dumps(filled(row.body, world.names)), snapshot()
    for text in QUANTITIES:
        raw = re.sub(r'"quantity": \d+', f'"quantity": {text}', honest)
        with undone():
            response = send_raw(row, world, row.allowed[0], raw.encode())
            assert (response.status_code, changed(before)) == (400, []), (text, response.content)


@pytest.mark.slow
def test_a_body_of_another_content_type_is_refused(world: World) -> None:
    def answers() -> Iterator[str]:
        for row, content_type in thinned(product(JSON_WRITES, bodies.CONTENT_TYPES)):
            with undone():
                client = world.clients[row.allowed[0]]
                path, headers = path_of(row, world), headers_of(row, world)
                response = client.generic(row.method, path, b"a=1&b=2", content_type, headers=headers)
            yield from complaint(response, f"{row} as {content_type[:40]!r}")

    assert told(answers()) == ""


# --- Addresses ------------------------------------------------------------------------------------------------

ODD_IDS = (
    "%00", "a%00b", "0", "-1", "1.0", "9223372036854775807", "9223372036854775808", "9" * 40, "a" * 5000, "..", "%2e%2e",
    "%2E%2E%2Fadmin", "%D9%A3", "%C2%B2", "%ff", "%ED%A0%80", "%0d%0aX-A:b", "%20", "null", "my", "import", "me", "place",
    "'%20OR%201=1--", "{id}", "%25s",
)  # fmt: skip
ODD_VALUES = (
    "", "%00", "-1", "%D9%A3", "9223372036854775808", "a" * 513, "1e400", "%ff", "2026-13-45T99:99:99Z", "%5C'--",
    "0001-01-01T00:00:00%2B14:00", "a%20%26%20!%7C(", "AAAA",
)  # fmt: skip
UNKNOWN = "unheard_of"


def odd_paths(row: Row, world: World) -> Iterator[str]:
    """The row's path with each of its parameters replaced by each odd id."""
    parts = row.path.partition("?")[0].split("/")
    for place in (n for n, part in enumerate(parts) if part.startswith("{")):
        for odd in ODD_IDS:
            yield "/api/v1/" + "/".join(
                odd if n == place else filled(part, world.names) for n, part in enumerate(parts)
            )


def raw_request(world: World, row: Row, path: str) -> Any:
    """With the path as it is on the wire: the client of the tests would quote and unquote it."""
    with undone():
        body = json.dumps(filled(row.body or {}, world.names)).encode() if row.writes else b""
        client = world.clients[row.allowed[-1]]
        return client.generic(row.method, path, body, "application/json", headers=headers_of(row, world))


@pytest.mark.slow
def test_no_odd_path_parameter_is_a_5xx(world: World) -> None:
    assert (
        told(
            wrong
            for row, path in thinned((row, path) for row in WITH_PARAMETERS for path in odd_paths(row, world))
            for wrong in complaint(raw_request(world, row, path), f"{row.method} {path[:120]}")
        )
        == ""
    )


def extra_of(view: Any, is_list: bool) -> tuple[str, ...]:
    """What the view reads elsewhere; some views read one thing in a list and another in a row."""
    asked = view()
    asked.action = "list" if is_list else "retrieve"
    return asked.extra_parameters


def odd_queries(row: Row, view: Any) -> Iterator[tuple[str, str]]:
    """Each parameter that the route knows with each odd value, and some that no route knows."""
    is_list = hasattr(view, "sorts") and not row.path.endswith("}")
    filters = getattr(getattr(view, "filterset_class", None), "base_filters", {}) if is_list else {}
    prefixed = [f"{prefix}x" for prefix in getattr(view, "parameter_prefixes", ())]
    known = [*(PARAMETERS if is_list else ()), *filters, *prefixed, *extra_of(view, is_list)]
    yield from ((name, value) for name in known for value in ODD_VALUES)
    yield from ((name, "1") for name in (UNKNOWN, "q%00", "%ff", ""))


@pytest.mark.slow
def test_no_odd_query_parameter_is_a_5xx_and_no_unknown_one_is_ignored(world: World) -> None:
    views = all_acts()

    def answers() -> Iterator[str]:
        odd = thinned((row, *query) for row in READS for query in odd_queries(row, views[row.act]))
        for row, name, value in [*odd, *((row, UNKNOWN, "1") for row in READS)]:
            path = f"{path_of(row, world).partition('?')[0]}?{name}={value}"
            response = raw_request(world, row, path)
            yield from complaint(response, path[:120])
            if name == UNKNOWN and response.status_code != 400:
                yield f"{response.status_code} for an unknown parameter: {path[:120]}"

    assert told(answers()) == ""
