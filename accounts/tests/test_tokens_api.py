"""Access and refresh tokens, log-outs and websocket tickets: what opens, and what is refused."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.authentication import bearer_actor, socket_actor
from accounts.models import Session, User
from accounts.services import end_sessions, start_session
from accounts.tests.answers import ROOT, bearer, challenge, errors_of
from accounts.tests.factories import SellerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def pair(user):
    return start_session(user=user)


# --- Access tokens ----------------------------------------------------------------------------------------


def forge(access, settings, *, secret="", algorithm="HS256", **changes):
    claims = jwt.decode(access, options={"verify_signature": False})
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, secret or settings.JWT_SECRET, algorithm=algorithm)


def test_a_good_token_is_read_in_one_query(pair, django_assert_num_queries):
    client = bearer(pair.access)
    with django_assert_num_queries(1):
        assert client.get(f"{ROOT}/me").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": None},
        {"jti": None},
        {"sub": None},
        {"sid": None},
        {"role": None},
        {"token_type": None},
        {"token_type": "refresh"},
        {"secret": "x" * 64},
        {"algorithm": "HS512"},
        {"algorithm": "HS384"},
    ],
)
def test_a_token_with_another_content_is_invalid(pair, settings, changes):
    assert bearer(forge(pair.access, settings)).get(f"{ROOT}/me").status_code == 200
    assert challenge(bearer(forge(pair.access, settings, **changes)).get(f"{ROOT}/me"), "token_invalid")


@pytest.mark.parametrize("changes", [{"sid": "0" * 32}, {"sub": "0"}, {"sub": "999999999"}, {"role": 99}])
def test_a_token_that_no_longer_holds_is_revoked(pair, settings, changes):
    assert challenge(bearer(forge(pair.access, settings, **changes)).get(f"{ROOT}/me"), "token_revoked")


def test_algorithm_none_is_refused(pair):
    header, payload, _ = pair.access.split(".")
    for algorithm in ("none", "None", "NONE"):
        head = (
            base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
            .decode()
            .rstrip("=")
        )
        for signature in ("", header):
            answer = bearer(f"{head}.{payload}.{signature}").get(f"{ROOT}/me")
            assert challenge(answer, "token_invalid")


def test_a_tampered_token_is_refused(pair):
    header, payload, signature = pair.access.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"role": 1}).encode()).decode().rstrip("=")
    assert challenge(bearer(f"{header}.{forged}.{signature}").get(f"{ROOT}/me"), "token_invalid")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert challenge(bearer(f"{header}.{payload}.{flipped}").get(f"{ROOT}/me"), "token_invalid")


def test_a_refresh_token_opens_nothing(pair):
    assert challenge(bearer(pair.refresh).get(f"{ROOT}/me"), "token_invalid")


def test_an_expired_token_is_refused(user):
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        pair = start_session(user=user)
        clock.shift(timedelta(seconds=899))
        assert bearer(pair.access).get(f"{ROOT}/me").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_expired")
        assert challenge(bearer(pair.access).get(f"{ROOT}/sellers"), "token_expired")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "bearer x", "Bearer a b", "Bearer ü.ü.ü", "BEARER ..."]
)
def test_garbage_after_bearer_is_refused(header):
    client = APIClient(headers={"Authorization": header.encode().decode("latin-1")})
    assert challenge(client.get(f"{ROOT}/me"), "token_invalid")


def test_without_a_token_one_is_a_guest(api):
    assert challenge(api.get(f"{ROOT}/me"), "not_authenticated")
    assert challenge(
        APIClient(headers={"Authorization": "Basic eA=="}).get(f"{ROOT}/me"), "not_authenticated"
    )
    assert api.get(f"{ROOT}/sellers").status_code == 200


def test_a_deactivated_user_is_out_at_once(user, pair):
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")


def test_a_deleted_user_is_out_at_once(api, user, pair):
    User.objects.all().delete()
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")


def test_a_changed_role_needs_a_new_token(api, user, pair):
    user.set_role("admin")
    user.save()
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    access = api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}).json()["access"]
    assert bearer(access).get(f"{ROOT}/me").json()["role_name"] == "admin"


# --- Refresh ----------------------------------------------------------------------------------------------


def test_refresh_rotates(api, pair):
    answer = api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert answer.json()["refresh"] != pair.refresh
    assert bearer(answer.json()["access"]).get(f"{ROOT}/me").status_code == 200
    again = api.post(f"{ROOT}/auth/token/refresh", {"refresh": answer.json()["refresh"]})
    assert again.status_code == 200


def test_using_a_refresh_token_twice_ends_its_family(api, user, pair):
    other = start_session(user=user)
    fresh = api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}).json()
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": fresh["refresh"]}), "token_revoked")
    assert challenge(bearer(fresh["access"]).get(f"{ROOT}/me"), "token_revoked")
    assert bearer(other.access).get(f"{ROOT}/me").status_code == 200


def test_what_is_no_refresh_token(api, pair, settings):
    url = f"{ROOT}/auth/token/refresh"
    assert challenge(api.post(url, {"refresh": pair.access}), "token_invalid")
    assert challenge(api.post(url, {"refresh": "garbage"}), "token_invalid")
    assert challenge(
        api.post(url, {"refresh": forge(pair.refresh, settings, secret="x" * 64)}), "token_invalid"
    )
    assert errors_of(api.post(url, {})) == {("/refresh", "required")}
    assert errors_of(api.post(url, {"refresh": 7})) == {("/refresh", "wrong_type")}
    assert errors_of(api.post(url, {"refresh": pair.refresh, "x": 1})) == {("/x", "unknown_field")}
    assert api.post(url, {"refresh": pair.refresh}).status_code == 200


def test_a_refresh_token_expires(api, user, settings):
    with time_machine.travel("2026-01-01T12:00:00Z", tick=False) as clock:
        pair = start_session(user=user)
        clock.shift(settings.JWT_REFRESH_EXPIRY)
        assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_expired")


def test_a_deactivated_user_does_not_refresh(api, user, pair):
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")
    assert Session.objects.open().count() == 0


# --- Log out ----------------------------------------------------------------------------------------------


def test_log_out_ends_one_session(api, user, pair):
    other = start_session(user=user)
    assert bearer(pair.access).post(f"{ROOT}/auth/logout", {"refresh": pair.refresh}).status_code == 204
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")
    assert bearer(other.access).get(f"{ROOT}/me").status_code == 200


def test_log_out_refuses(api, pair):
    url = f"{ROOT}/auth/logout"
    other = start_session(user=UserFactory())
    assert challenge(api.post(url, {"refresh": pair.refresh}), "not_authenticated")
    assert challenge(bearer(pair.access).post(url, {"refresh": other.refresh}), "token_revoked")
    assert challenge(bearer(pair.access).post(url, {"refresh": pair.access}), "token_invalid")
    assert errors_of(bearer(pair.access).post(url, {})) == {("/refresh", "required")}
    assert Session.objects.open().count() == 2


def test_log_out_everywhere(api, user, pair):
    stranger = start_session(user=UserFactory())
    start_session(user=user)
    assert challenge(api.post(f"{ROOT}/auth/logout-all"), "not_authenticated")
    assert errors_of(bearer(pair.access).post(f"{ROOT}/auth/logout-all", {"x": 1})) == {
        ("/x", "unknown_field")
    }
    assert bearer(pair.access).post(f"{ROOT}/auth/logout-all").status_code == 204
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    assert list(Session.objects.open()) == [Session.objects.get(user__email__contains="@", revoked_at=None)]
    assert bearer(stranger.access).get(f"{ROOT}/me").status_code == 200


# --- Websocket tickets ------------------------------------------------------------------------------------


def test_a_ticket_is_good_once(pair, user, django_assert_num_queries):

    answer = bearer(pair.access).post(f"{ROOT}/auth/websocket-ticket")
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 30
    ticket = answer.json()["ticket"]
    with django_assert_num_queries(1):
        actor = socket_actor(ticket=ticket, authorization="")
    exp = jwt.decode(pair.access, options={"verify_signature": False})["exp"]
    assert (actor.user, actor.role, actor.expires_at.timestamp()) == (user, "customer", exp)
    assert socket_actor(ticket=ticket, authorization="") is None


def test_a_socket_takes_a_bearer_header_too(user, pair):

    assert socket_actor(ticket="", authorization=f"Bearer {pair.access}").user == user
    for header in ("", pair.access, f"Basic {pair.access}", f"Bearer {pair.refresh}", "Bearer "):
        assert socket_actor(ticket="", authorization=header) is None
    assert socket_actor(ticket="made-up", authorization=f"Bearer {pair.access}") is None


def test_a_ticket_dies_with_its_session(user, pair):

    ticket = bearer(pair.access).post(f"{ROOT}/auth/websocket-ticket").json()["ticket"]
    end_sessions(user=user)
    assert socket_actor(ticket=ticket, authorization="") is None


def test_a_ticket_dies_with_its_token(user, settings):

    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        ticket = (
            bearer(start_session(user=user).access).post(f"{ROOT}/auth/websocket-ticket").json()["ticket"]
        )
        clock.shift(settings.JWT_EXPIRY)
        assert socket_actor(ticket=ticket, authorization="") is None


def test_a_guest_gets_no_ticket(api):
    assert challenge(api.post(f"{ROOT}/auth/websocket-ticket"), "not_authenticated")


def test_an_actor_knows_its_shop(as_user):

    for status, is_active in (("active", True), ("suspended", False)):
        shop = SellerFactory(status=status)
        actor = bearer_actor(f"Bearer {start_session(user=shop.user).access}")
        assert (actor.seller_id, actor.seller_is_active, actor.is_seller) == (shop.pk, is_active, True)
