"""Registration, sessions and their tokens, over HTTP."""

import jwt
import pytest
from django.core import mail

from accounts.errors import InvalidCredentials
from accounts.models import Session, User
from accounts.services import start_session
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, UserFactory
from config.shared import redis

pytestmark = pytest.mark.django_db
REGISTRATION = {"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada"}


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def pair(user):
    return start_session(user=user)


# --- Register ---------------------------------------------------------------------------------------------


def test_register(api, settings):
    answer = api.post(f"{ROOT}/auth/register", REGISTRATION)
    assert answer.status_code == 201
    user = User.objects.get()
    body = answer.json()
    assert set(body) == {"user", "access", "refresh"}
    assert body["user"] == {
        "id": str(user.pk),
        "email": "ada@example.com",
        "name": "Ada",
        "role": settings.ROLE_IDS["customer"],
        "role_name": "customer",
        "email_verified": False,
        "locale": "en",
        "seller": None,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert bearer(body["access"]).get(f"{ROOT}/me").json() == body["user"]
    assert (user.role, user.is_staff, user.is_superuser) == ("customer", False, False)


def test_register_sends_a_verification_mail(api, run_jobs):
    api.post(f"{ROOT}/auth/register", REGISTRATION)
    assert run_jobs() == ["accounts.send_verification_mail"]
    assert [(m.to, m.subject) for m in mail.outbox] == [(["ada@example.com"], "Confirm your e-mail address")]
    assert "Ada" not in mail.outbox[0].body  # a stranger's address must not carry a stranger's text


def test_an_address_registers_once(api):
    UserFactory(email="ada@example.com")
    answer = api.post(f"{ROOT}/auth/register", REGISTRATION)
    assert code_of(answer) == (409, "email_taken")
    assert User.objects.count() == 1
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"email": "nope"}, ("/email", "invalid")),
        ({"email": 7}, ("/email", "wrong_type")),
        ({"email": None}, ("/email", "null")),
        ({"email": "a" * 250 + "@example.com"}, ("/email", "max_length")),
        ({"name": ""}, ("/name", "blank")),
        ({"name": ["Ada"]}, ("/name", "wrong_type")),
        ({"name": "x" * 151}, ("/name", "max_length")),
        ({"name": "Ada\nLovelace"}, ("/name", "control_character")),
        ({"password": "short1a"}, ("/password", "password_too_short")),
        ({"password": "password1"}, ("/password", "password_too_common")),
        ({"password": "8230948230"}, ("/password", "password_entirely_numeric")),
        ({"password": "ada@example.com"}, ("/password", "password_too_similar")),
        ({"password": "x" * 129}, ("/password", "max_length")),
        ({"password": 12345678}, ("/password", "wrong_type")),
        ({"role": 1}, ("/role", "unknown_field")),
        ({"is_staff": True}, ("/is_staff", "unknown_field")),
    ],
)
def test_register_refuses(api, change, error):
    assert error in errors_of(api.post(f"{ROOT}/auth/register", REGISTRATION | change))
    assert User.objects.count() == 0


@pytest.mark.parametrize("field", ["email", "password", "name"])
def test_register_needs_every_field(api, field):
    body = {name: value for name, value in REGISTRATION.items() if name != field}
    assert errors_of(api.post(f"{ROOT}/auth/register", body)) == {(f"/{field}", "required")}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"email": "a\\u0000@example.com"}',
        b"{",
        b"[]",
        b'"x"',
        b"7",
        b'{"email": "\\ud800"}',
        b"\xff",
        b"null",
    ],
)
def test_malformed_bodies_are_400(api, raw):
    for path in (
        "register",
        "token",
        "token/refresh",
        "verify-email",
        "password/reset",
        "password/reset/confirm",
    ):
        answer = api.post(f"{ROOT}/auth/{path}", raw, content_type="application/json")
        assert answer.status_code == 400, (path, answer.content)


def test_a_domain_of_other_letters_is_one_address_in_each_spelling(api):
    """The mail goes to where the DNS leads, so that is whose the account is."""
    for email in ("ada@EXÄMPLE.com", "ada@xn--exmple-cua.com", "ada@exämple.com"):
        api.post(f"{ROOT}/auth/register", REGISTRATION | {"email": email})
        assert api.post(f"{ROOT}/auth/token", {"email": email, "password": PASSWORD}).status_code == 200
    assert User.objects.get().email == "ada@xn--exmple-cua.com"
    refused = api.post(f"{ROOT}/auth/register", REGISTRATION | {"email": f"ada@{'ä' * 70}.com"})
    assert errors_of(refused) == {("/email", "invalid")}


def test_a_password_keeps_its_spaces(api):
    api.post(f"{ROOT}/auth/register", REGISTRATION | {"password": "  correct horse  "})
    credentials = {"email": "ada@example.com"}
    assert api.post(f"{ROOT}/auth/token", credentials | {"password": "correct horse"}).status_code == 401
    assert api.post(f"{ROOT}/auth/token", credentials | {"password": "  correct horse  "}).status_code == 200


def test_a_password_of_128_characters_is_fine(api):
    assert api.post(f"{ROOT}/auth/register", REGISTRATION | {"password": "xY9-" * 32}).status_code == 201


# --- Log in -----------------------------------------------------------------------------------------------


def test_log_in(api, user):
    answer = api.post(
        f"{ROOT}/auth/token",
        {"email": user.email.upper(), "password": PASSWORD},
        headers={"User-Agent": "Test/1"},
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert answer.headers["Cache-Control"] == "private, no-store"
    session = Session.objects.get()
    assert (session.user, session.user_agent, session.address) == (user, "Test/1", "127.0.0.1")
    assert bearer(answer.json()["access"]).get(f"{ROOT}/me").status_code == 200


def test_the_claims_of_an_access_token(api, user, settings):
    access = api.post(f"{ROOT}/auth/token", {"email": user.email, "password": PASSWORD}).json()["access"]
    assert jwt.get_unverified_header(access)["alg"] == "HS256"
    claims = jwt.decode(access, settings.JWT_SECRET, ["HS256"], audience="souk", issuer=settings.PUBLIC_URL)
    assert claims["exp"] - claims["iat"] == settings.JWT_EXPIRY.total_seconds() == 900
    assert claims["sub"] == str(user.pk)
    assert claims["role"] == settings.ROLE_IDS["customer"]
    assert claims["sid"] == Session.objects.get().pk
    assert claims["token_type"] == "access"
    assert set(claims) == {"iss", "aud", "sub", "role", "jti", "sid", "exp", "iat", "token_type"}


def test_an_unknown_address_and_a_wrong_password_answer_alike(api, user):
    wrong = api.post(f"{ROOT}/auth/token", {"email": user.email, "password": "wrong-horse-9"})
    unknown = api.post(f"{ROOT}/auth/token", {"email": "nobody@example.com", "password": PASSWORD})
    UserFactory(email="gone@example.com", is_active=False)
    inactive = api.post(f"{ROOT}/auth/token", {"email": "gone@example.com", "password": PASSWORD})
    assert challenge(wrong, "invalid_credentials")
    same = [{**answer.json(), "request_id": ""} for answer in (wrong, unknown, inactive)]
    assert same[0] == same[1] == same[2]
    assert same[0]["detail"] == InvalidCredentials.default_detail
    assert Session.objects.count() == 0


def test_an_old_token_does_not_disturb_a_log_in(user):
    client = bearer("expired.or.garbage")
    assert client.post(f"{ROOT}/auth/token", {"email": user.email, "password": PASSWORD}).status_code == 200


def test_log_in_refuses_what_it_does_not_know(api, user):
    body = {"email": user.email, "password": PASSWORD, "otp": "123456"}
    assert errors_of(api.post(f"{ROOT}/auth/token", body)) == {("/otp", "unknown_field")}


def test_auth_is_throttled_and_fails_closed_without_redis(api, user, settings, monkeypatch):
    settings.THROTTLE_SCALE = 1
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"auth": (2, 60)}
    forget_counters()
    body = {"email": user.email, "password": PASSWORD}
    assert [api.post(f"{ROOT}/auth/token", body).status_code for _ in range(3)] == [200, 200, 429]

    def down(*args, **kwargs):
        raise redis.DOWN[0]

    monkeypatch.setattr(redis.Script, "__call__", down)
    answer = api.post(f"{ROOT}/auth/token", body)
    assert code_of(answer) == (503, "unavailable")
    assert answer.json()["dependency"] == "Redis"
    assert "Retry-After" in answer.headers


def test_no_answer_of_auth_is_kept_for_replay(api):
    answers = [
        api.post(
            f"{ROOT}/auth/register", REGISTRATION, headers={"Idempotency-Key": "same", "Cart-Token": "x"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 409]
