"""Tokens, log-ins, and what is counted."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from accounts.lockout import FAILURES
from accounts.services import change_password, change_user, refresh_session, start_session
from accounts.services.sessions import NOWHERE, end_session
from accounts.tests.factories import PASSWORD, SellerFactory, UserFactory, token_for
from bench.security.report import Check
from bench.security.wire import Answer, Wire, at_once
from config.settings import THROTTLE_RATES
from config.tests.attacks import tokens
from orders.tests.factories import actor_of

BURST = 200


def attack(scene: Any) -> Iterator[Check]:
    yield forged(scene)
    yield misused(scene)
    yield refreshed(scene)
    yield ended(scene)
    yield rotated(scene)
    yield raced(scene)
    yield burst(scene)
    yield locked(scene)
    yield limited(scene)
    yield spoofed(scene)


def is_refused(answer: Answer) -> bool:
    return answer.status == 401 and answer.headers.get("WWW-Authenticate") == "Bearer" and answer.is_problem


def judge(check: Check, wire: Wire, made: dict[str, str], *paths: str) -> Check:
    for name, token in made.items():
        for path in paths:
            answer = wire.carrying(token).api("GET", path)
            check.tried(is_refused(answer), f"{name} at {path}: {answer.status}")
    return check


def forged(scene: Any) -> Check:
    users = scene.world.users
    good = token_for(users["customer"])
    made = tokens.forgeries(good, other=users["other"], admin=users["admin"])
    check = judge(
        Check("forged access tokens (alg none, HS/RS confusion, kid, jku, guesses)"),
        scene.web,
        made,
        "me",
        "admin/users",
    )
    control = scene.web.carrying(tokens.signed(tokens.claims_of(good))).api("GET", "me")
    check.equal(control.status, 200, "the control, which is signed as it must be")
    return check


def misused(scene: Any) -> Check:
    made = tokens.misuses(token_for(scene.world.users["customer"]))
    made["a refresh token"] = scene.world.names["refresh"]
    check = judge(
        Check("signed tokens that are not for here and now (expired, refresh as access)"),
        scene.web,
        made,
        "me",
    )
    for header in tokens.HEADERS:
        answer = scene.web.api("GET", "me", authorization=header.encode().decode("latin-1"))
        check.tried(answer.status in {400, 401} and answer.is_right, f"{header[:40]!r}: {answer.status}")
    return check


def refreshed(scene: Any) -> Check:
    check, users = Check("forged and access tokens in place of a refresh token"), scene.world.users
    pair = start_session(user=users["customer"])
    made = tokens.forgeries(pair.refresh, other=users["other"], admin=users["admin"]) | {
        "access": pair.access
    }
    for name, token in made.items():
        answer = scene.web.api("POST", "auth/token/refresh", {"refresh": token})
        check.tried(is_refused(answer), f"{name}: {answer.status}")
    return check


def ended(scene: Any) -> Check:
    """Through the services that the routes call; that the routes do so, the access table and its tests say."""
    check, by = (
        Check("tokens after log-out, new password, suspension, another role"),
        actor_of(scene.world.users["admin"]),
    )
    ends = {
        "log-out": lambda user, pair: end_session(refresh=pair.refresh, user=user),
        "log-out over HTTP": lambda user, pair: scene.web.carrying(pair.access).api("POST", "auth/logout", {"refresh": pair.refresh}),
        "log-out of all": lambda user, pair: scene.web.carrying(pair.access).api("POST", "auth/logout-all", {}),
        "password": lambda user, pair: change_password(user=user, current=PASSWORD, new="violet-otter-27", origin=NOWHERE),
        "suspension": lambda user, pair: change_user(actor=by, user_id=user.pk, is_active=False),
        "role": lambda user, pair: change_user(actor=by, user_id=user.pk, role="seller"),
        "erasure": lambda user, pair: user.delete(),
    }  # fmt: skip
    for name, end in ends.items():
        user = UserFactory()
        pair = start_session(user=user)
        check.equal(scene.web.carrying(pair.access).api("GET", "me").status, 200, f"before {name}")
        end(user, pair)
        check.tried(is_refused(scene.web.carrying(pair.access).api("GET", "me")), f"access after {name}")
        if name != "role":
            answer = scene.web.api("POST", "auth/token/refresh", {"refresh": pair.refresh})
            check.tried(is_refused(answer), f"refresh after {name}: {answer.status}")
    return check


def rotated(scene: Any) -> Check:
    check, pair = Check("a rotated refresh token ends its family"), start_session(user=UserFactory())
    second = refresh_session(refresh=pair.refresh)
    for name, token in {"the old one": pair.refresh, "the new one, after that": second.refresh}.items():
        answer = scene.web.api("POST", "auth/token/refresh", {"refresh": token})
        check.tried(is_refused(answer), f"{name}: {answer.status}")
    check.tried(is_refused(scene.web.carrying(second.access).api("GET", "me")), "its access token")
    return check


def raced(scene: Any) -> Check:
    check = Check("one refresh token 32 times at once: one wins at most")
    for _ in range(5):
        body = {"refresh": start_session(user=UserFactory()).refresh}
        answers = at_once(lambda sent: scene.web.api("POST", "auth/token/refresh", sent), [body] * 32, 32)
        won = [answer for answer in answers if answer.status == 200]
        check.attempts += 32
        check.violations += [f"{len(won)} won"] if len(won) > 1 else []
        check.violations += [f"{a.status}" for a in answers if a.status not in {200, 401}]
    return check


def burst(scene: Any) -> Check:
    """Each with a wrong password; those that were hashed are answered 401, the others 429."""
    check, user = Check(f"{BURST} log-ins at once for one account: admitted ≤ {FAILURES}"), UserFactory()
    body = {"email": user.email, "password": "wrong-horse-9"}
    answers = at_once(lambda _: scene.web.api("POST", "auth/token", body), range(BURST), 50)
    statuses = Counter(answer.status for answer in answers)
    check.attempts, check.note = BURST, f"admitted {statuses[401]}"
    if statuses[401] > FAILURES or statuses.keys() - {401, 429}:
        check.violations.append(str(statuses))
    return check


def locked(scene: Any) -> Check:
    """The right password does not open it either, and every lock says when it ends."""
    check, user = Check("a locked account, with the right password"), UserFactory()
    for password in ["wrong-horse-9"] * FAILURES + [PASSWORD]:
        answer = scene.web.api("POST", "auth/token", {"email": user.email, "password": password})
    check.equal((answer.status, answer.code), (429, "locked_out"), "the right password")
    check.tried(int(answer.headers.get("Retry-After", 0)) > 0, "Retry-After")
    unknown = scene.web.api("POST", "auth/token", {"email": "nobody@example.com", "password": PASSWORD})
    wrong = scene.web.api("POST", "auth/token", {"email": UserFactory().email, "password": "wrong-horse-9"})
    check.equal((unknown.status, unknown.code), (wrong.status, wrong.code), "an unknown address")
    return check


def limited(scene: Any) -> Check:
    """At once, so that what is counted is counted atomically."""
    allowed, _ = THROTTLE_RATES["user"]
    check, token = (
        Check(f"rate limit: of {BURST + allowed} requests at once at most {allowed} pass"),
        token_for(SellerFactory().user),
    )
    wire = scene.limited.carrying(token)
    answers = at_once(lambda _: wire.api("GET", "me"), range(allowed + BURST), 32)
    statuses = Counter(answer.status for answer in answers)
    check.attempts, check.note = len(answers), f"passed {statuses[200]}"
    if statuses[200] > allowed or statuses.keys() - {200, 429}:
        check.violations.append(str(statuses))
    late = [answer for answer in answers if answer.status == 429]
    check.violations += [
        "a 429 without Retry-After" for answer in late if not answer.headers.get("Retry-After")
    ]
    return check


def spoofed(scene: Any) -> Check:
    """Each request claims another address; from who is no proxy, that is not believed."""
    allowed, _ = THROTTLE_RATES["auth"]
    check = Check("X-Forwarded-For from who is no named proxy evades no limit")
    answers = [
        scene.limited.api(
            "POST",
            "auth/token",
            {"email": f"n{n}@example.com", "password": "wrong-horse-9"},
            x_forwarded_for=f"203.0.113.{n}",
        )
        for n in range(allowed + 20)
    ]
    statuses = Counter(answer.status for answer in answers)
    check.attempts, check.note = len(answers), f"passed {statuses[401]}"
    if statuses[401] > allowed or statuses.keys() - {401, 429}:
        check.violations.append(str(statuses))
    return check
