"""What attackers send, over the real routes: nothing of it works, and nothing of it is a 5xx or anything but a problem."""

import hmac
import json
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings

from accounts.models import User
from accounts.services import change_password, change_user, refresh_session, start_session
from accounts.services.sessions import NOWHERE
from accounts.tests.factories import PASSWORD, UserFactory, token_for
from config.shared.api.pagination import PARAMETERS
from config.tests.access.acting import filled, headers_of, is_problem, path_of, send_raw, undone
from config.tests.access.row import Row
from config.tests.access.routes import all_acts
from config.tests.access.rows import ROWS
from config.tests.access.snapshot import changed, snapshot
from config.tests.access.world import World
from config.tests.attacks import bodies, tokens
from config.tests.attacks.assigning import assign
from config.tests.attacks.fields import Masks, all_rows, wishes
from orders.tests.factories import actor_of

STRIPE = "payments/webhooks/stripe"
FREE = {"attributes", "value"}  # members that take more than one type


def one_row_an_act(rows: Any) -> list[Row]:
    """Of each act the row with the largest body that somebody may send."""
    best = {row.act: row for row in sorted(rows, key=lambda row: len(json.dumps(row.body))) if row.allowed}
    return list(best.values())


JSON_WRITES = one_row_an_act(row for row in ROWS if row.takes_json)
READS = one_row_an_act(row for row in ROWS if not row.writes)
WITH_PARAMETERS = one_row_an_act(row for row in ROWS if "{" in row.path)


def complaint(response: Any, what: str) -> Iterator[str]:
    """A 5xx, or a refusal that is no problem document."""
    if response.status_code >= 500:
        yield f"{response.status_code} {what}: {response.content[:200]!r}"
    elif response.status_code >= 400 and not is_problem(response):
        yield f"no problem {response.status_code} {what}: {response.content[:200]!r}"


def told(complaints: Any) -> str:
    found = list(complaints)
    return f"{len(found)}:\n" + "\n".join(found[:80]) if found else ""


# --- Tokens ---------------------------------------------------------------------------------------------------


def bearer(api: Any, header: str, path: str = "/api/v1/me") -> Any:
    return api.get(path, headers={"Authorization": header})


def refused(response: Any) -> bool:
    challenge = response.headers.get("WWW-Authenticate")
    return response.status_code == 401 and challenge == "Bearer" and is_problem(response)


def test_no_forged_or_misused_token_is_believed(world: World, api: Any) -> None:
    good, (other, admin) = token_for(world.users["customer"]), (world.users["other"], world.users["admin"])
    made = tokens.forgeries(good, other=other, admin=admin) | tokens.misuses(good)
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
    good, (other, admin) = world.names["refresh"], (world.users["other"], world.users["admin"])
    claims = tokens.claims_of(good)
    made = tokens.forgeries(good, other=other, admin=admin)
    made |= {
        "access token": token_for(world.users["customer"]),
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


def test_no_field_can_be_set_that_is_not_the_callers(world: World) -> None:
    views, masks = all_acts(), Masks(all_rows())
    rows = [row for row in JSON_WRITES if row.path != STRIPE]
    labels = {row.act: views[row.act].__module__.partition(".")[0] for row in rows}
    wished = {label: wishes(label, world) for label in set(labels.values())}

    assert min(map(len, wished.values())) > 40
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


def test_no_malformed_body_is_a_5xx(world: World) -> None:
    assert len(bodies.RAW) + len(bodies.WRONG) >= 60
    assert (
        told(
            wrong
            for row in JSON_WRITES
            for name, raw in bodies.RAW.items()
            for wrong in complaint(sent(row, world, raw), f"{row} with {name}")
        )
        == ""
    )


def test_a_value_of_another_type_is_refused_at_every_place(world: World) -> None:
    assert (
        told(
            wrong
            for row in JSON_WRITES
            for path in bodies.places(row.body)
            for value in bodies.WRONG
            for wrong in misplaced(row, world, path, value)
        )
        == ""
    )


def misplaced(row: Row, world: World, path: tuple[Any, ...], value: Any) -> Iterator[str]:
    body = filled(row.body, world.names)
    was, what = bodies.at(body, path), f"{row} with {str(value)[:30]!r} at {path}"
    response = sent(row, world, json.dumps(bodies.replaced(body, path, value)).encode())
    yield from complaint(response, what)
    is_strict = value is not None and was is not None and not FREE & set(path) and row.path != STRIPE
    if is_strict and response.status_code < 400 and bodies.kind(value) != bodies.kind(was):
        yield f"{response.status_code} {what}, which was {bodies.kind(was)}"


QUANTITIES = (
    "0",
    "-1",
    "1.5",
    "1e3",
    "1.0",
    "NaN",
    "true",
    "9223372036854775808",
    "1" + "0" * 400,
    '"1"',
    "null",
    "[1]",
)


@pytest.mark.parametrize(
    "route", ["POST cart/items", "PATCH cart/items/{item}", "POST orders/seller/{accepted_part}/ship"]
)
def test_a_quantity_is_a_whole_number_from_1(world: World, route: str) -> None:
    row = next(
        row for row in ROWS if str(row) == route and row.allowed and "quantity" in json.dumps(row.body)
    )
    honest, before = json.dumps(filled(row.body, world.names)), snapshot()
    for text in QUANTITIES:
        raw = json.dumps(json.loads(honest)).replace('"quantity": ', '"quantity": ' + text + ', "x": ')
        raw = raw.replace(', "x": 1}', "}").replace(', "x": 2}', "}").replace(', "x": 3}', "}")
        with undone():
            response = send_raw(row, world, row.allowed[0], raw.encode())
            assert (response.status_code, changed(before)) == (400, []), (text, response.content)


def test_a_body_of_another_content_type_is_refused(world: World) -> None:
    def answers() -> Iterator[str]:
        for row in JSON_WRITES:
            for content_type in bodies.CONTENT_TYPES:
                with undone():
                    client = world.clients[row.allowed[0]]
                    path, headers = path_of(row, world), headers_of(row, world)
                    response = client.generic(row.method, path, b"a=1&b=2", content_type, headers=headers)
                yield from complaint(response, f"{row} as {content_type[:40]!r}")

    assert told(answers()) == ""


# --- Addresses ------------------------------------------------------------------------------------------------

ODD_IDS = (
    "%00", "a%00b", "0", "-1", "+1", "1.0", "1e3", "9223372036854775807", "9223372036854775808", "9" * 40, "a" * 5000,
    "..", "%2e%2e", "%2E%2E%2Fadmin", "%D9%A3", "%C2%B2", "%ff", "%F0%9F%92%A9", "%ED%A0%80", "%0d%0aX-A:b", "%20", "null",
    "my", "create", "import", "export", "me", "apply", "place", "'%20OR%201=1--", "{id}", "%25s", "%5B%5D", "*",
)  # fmt: skip
ODD_VALUES = (
    "", "%00", "-1", "%D9%A3", "9223372036854775808", "9" * 400, "a" * 513, "NaN", "1e400", "%ff", "..", "true", "%ED%A0%80",
    "2026-13-45T99:99:99Z", "0001-01-01T00:00:00%2B14:00", "'--", "%5C", "a%20%26%20!%7C(", "AAAA", "9999-12-31T23:59:59-14:00",
)  # fmt: skip


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


def test_no_odd_path_parameter_is_a_5xx(world: World) -> None:
    assert (
        told(
            wrong
            for row in WITH_PARAMETERS
            for path in odd_paths(row, world)
            for wrong in complaint(raw_request(world, row, path), f"{row.method} {path[:120]}")
        )
        == ""
    )


def parameters_of(view: Any) -> list[str]:
    filters = getattr(getattr(view, "filterset_class", None), "base_filters", {})
    prefixed = [f"{prefix}x" for prefix in getattr(view, "parameter_prefixes", ())]
    paged = PARAMETERS if hasattr(view, "sorts") else ()
    return [*paged, *filters, *prefixed, *view.extra_parameters, "unheard_of", "q%00", "%ff", ""]


def test_no_odd_query_parameter_is_a_5xx(world: World) -> None:
    views = all_acts()

    def answers() -> Iterator[str]:
        for row in READS:
            for name in parameters_of(views[row.act]):
                for value in ODD_VALUES:
                    path = f"{path_of(row, world).partition('?')[0]}?{name}={value}"
                    response = raw_request(world, row, path)
                    yield from complaint(response, path[:120])
                    if name == "unheard_of" and response.status_code != 400:
                        yield f"{response.status_code} for an unknown parameter: {path[:120]}"

    assert told(answers()) == ""


# --- HTTP -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/nope", "/api", "/api/", "/api/v1/", "/api/v1/nope", "/api/v2/products", "/api/v1/products/", "/api/v1/me/nope",
     "/api/v1//products", "/.env", "/.git/config", "/wp-login.php", "/%00", "/%ff", "/media/../../etc/passwd", "/" + "a" * 5000],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND"])
def test_an_unknown_path_is_a_problem(api: Any, path: str, method: str) -> None:
    response = api.generic(method, path)

    assert (response.status_code, is_problem(response)) == (404, True)


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(world: World) -> None:
    acts = all_acts()
    for row in one_row_an_act(ROWS):
        allowed = {method for method, shape in acts if shape == row.act[1]}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed:
            with undone():
                response = world.clients["admin"].generic(method, path_of(row, world).partition("?")[0])
            assert (response.status_code, is_problem(response)) == (405, True), f"{method} {row.path}"
            assert set(response.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == allowed, (
                f"{method} {row.path}"
            )


def test_head_is_get_without_a_body_and_options_tells_nothing_more(world: World) -> None:
    for row in READS:
        for caller, expected in row.expected.items():
            with undone():
                client, path = world.clients[caller], path_of(row, world)
                head, options = client.head(path, headers=headers_of(row, world)), client.options(path)
            assert head.status_code == expected, f"HEAD {row} by {caller}"
            assert options.status_code < 500, f"OPTIONS {row} by {caller}"


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/products", 200), ("/api/v1/me", 401), ("/nope", 404), ("/", 200)]
)
@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("abc-123", True), ("1", True), ("a" * 128, True), ("a" * 129, False), ("a b", False), ("<script>", False),
     ("é", False), ("a\tb", False), ('"', False), ("", False), ("a,b", False)],
)  # fmt: skip
def test_a_sane_request_id_is_kept_another_replaced(  # noqa: PLR0917
    db: None, api: Any, path: str, status: int, given: str, is_kept: bool
) -> None:
    response = api.get(path, headers={"X-Request-Id": given})

    assert (response.status_code, response.headers["X-Request-Id"] == given) == (status, is_kept)
    assert response.headers["X-Request-Id"]
    if status >= 400:
        assert is_problem(response)


FOREIGN = (
    "https://evil.example", "http://localhost.evil.example", "http://evil.example/localhost", "null", "http://127.0.0.1.nip.io",
    "http://localhost@evil.example", "file://", "http://localhost:99999x", "http://xlocalhost:3000",
)  # fmt: skip


@pytest.mark.parametrize("path", ["/api/v1/products", "/api/v1/me", "/api/v1/nope"])
def test_cors_answers_an_allowed_origin_and_no_other(db: None, api: Any, path: str) -> None:
    for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8080"):
        headers = api.get(path, headers={"Origin": origin}).headers
        assert headers["Access-Control-Allow-Origin"] == origin
        assert "X-Request-Id" in headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in headers
        assert "origin" in headers["Vary"].lower()
    for origin in FOREIGN:
        assert "Access-Control-Allow-Origin" not in api.get(path, headers={"Origin": origin}).headers, origin


def test_a_preflight_of_a_foreign_origin_allows_nothing(db: None, api: Any) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,cart-token",
    }
    allowed = api.options("/api/v1/cart/items", headers={"Origin": "http://localhost:3000", **asked}).headers
    assert "cart-token" in allowed["Access-Control-Allow-Headers"]
    foreign = api.options("/api/v1/cart/items", headers={"Origin": "https://evil.example", **asked}).headers
    assert not any(name.startswith("Access-Control-Allow") for name in foreign)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "a b", "", "[::1", "é"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/products", "/api/v1/me", "/nope", "/admin/login/"])
def test_a_forged_host_is_a_400_problem(db: None, api: Any, host: str, path: str) -> None:
    response = api.get(path, HTTP_HOST=host)

    assert (response.status_code, is_problem(response)) == (400, True)


def test_a_forwarded_host_is_not_believed(db: None, api: Any) -> None:
    answer = api.get("/api/v1", HTTP_X_FORWARDED_HOST="evil.example", HTTP_FORWARDED="host=evil.example")

    assert answer.status_code == 200
    assert b"evil.example" not in answer.content
