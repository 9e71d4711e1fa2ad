"""Verification, change and reset: mails and what their tokens do."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core import mail, signing
from django.db import connection

from accounts.mail_tokens import RESET, VERIFICATION
from accounts.models import Session, User
from accounts.services import start_session
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, UserFactory
from config.shared.jobs import REQUEST_ID

pytestmark = pytest.mark.django_db
NEW = "another-horse-9"


@pytest.fixture(autouse=True)
def _fresh_counters():
    forget_counters()


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def token_in(message):
    return message.body.split("token itself:\n\n")[1].split()[0]


def jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args - %s FROM procrastinate_jobs ORDER BY id", [REQUEST_ID])
        return [(name, json.loads(arguments)) for name, arguments in cursor.fetchall()]


def logs_in(api, user, password):
    return api.post(f"{ROOT}/auth/token", {"email": user.email, "password": password}).status_code == 200


# --- Verification -----------------------------------------------------------------------------------------


def test_verify(api, user, as_user, run_jobs, settings):
    settings.STOREFRONT_URL = "https://shop.example"
    assert as_user(user).post(f"{ROOT}/auth/verify-email/resend").status_code == 202
    assert run_jobs() == ["accounts.send_verification_mail"]
    token = token_in(mail.outbox[0])
    assert mail.outbox[0].to == ["ada@example.com"]
    assert f"https://shop.example/verify-email?token={token.replace(':', '%3A')}" in mail.outbox[0].body
    assert api.post(f"{ROOT}/auth/verify-email", {"token": token}).status_code == 204
    assert as_user(user).get(f"{ROOT}/me").json()["email_verified"] is True
    assert errors_of(api.post(f"{ROOT}/auth/verify-email", {"token": token})) == {("/token", "token_invalid")}


def test_a_verified_address_needs_no_mail(user, as_user, run_jobs):
    User.objects.update(email_verified_at=user.created_at)
    assert code_of(as_user(user).post(f"{ROOT}/auth/verify-email/resend")) == (409, "already_verified")
    assert run_jobs() == []


def test_resend_asks_for_a_log_in(api):
    assert challenge(api.post(f"{ROOT}/auth/verify-email/resend"), "not_authenticated")


def test_resend_stops_after_five_an_hour(user, as_user, run_jobs):
    client = as_user(user)
    assert [client.post(f"{ROOT}/auth/verify-email/resend").status_code for _ in range(7)] == [202] * 7
    run_jobs()
    assert len(mail.outbox) == 5


def test_a_verification_token_is_good_for_three_days(api, user):
    url = f"{ROOT}/auth/verify-email"
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        token = VERIFICATION.make(user)
        clock.shift(timedelta(days=3, seconds=1))
        assert errors_of(api.post(url, {"token": token})) == {("/token", "token_expired")}
        clock.shift(-timedelta(seconds=1))
        assert api.post(url, {"token": token}).status_code == 204


def test_a_verification_token_is_for_that_address(api, user):
    token = VERIFICATION.make(user)
    User.objects.update(email="other@example.com")
    url = f"{ROOT}/auth/verify-email"
    assert errors_of(api.post(url, {"token": token})) == {("/token", "token_invalid")}
    assert User.objects.get().email_verified_at is None


@pytest.mark.parametrize(
    "token", ["x", "a:b:c", signing.dumps([1, "x"], salt="other"), "x" * 4096], ids=range(4)
)
def test_tokens_that_are_not_ours(api, user, token):
    for path, more in (("verify-email", {}), ("password/reset/confirm", {"password": NEW})):
        answer = api.post(f"{ROOT}/auth/{path}", {"token": token} | more)
        assert errors_of(answer) == {("/token", "token_invalid")}


def test_a_token_of_one_kind_is_none_of_the_other(api, user):
    answer = api.post(f"{ROOT}/auth/verify-email", {"token": RESET.make(user)})
    assert errors_of(answer) == {("/token", "token_invalid")}
    body = {"token": VERIFICATION.make(user), "password": NEW}
    answer = api.post(f"{ROOT}/auth/password/reset/confirm", body)
    assert errors_of(answer) == {("/token", "token_invalid")}


# --- Reset ------------------------------------------------------------------------------------------------


def test_reset(api, user, run_jobs):
    pair = start_session(user=user)
    assert api.post(f"{ROOT}/auth/password/reset", {"email": "ADA@example.com"}).status_code == 202
    assert jobs() == [("accounts.send_password_reset", {"user_id": user.pk})]
    run_jobs()
    assert [(m.to, m.subject) for m in mail.outbox] == [(["ada@example.com"], "Reset your password")]
    body = {"token": token_in(mail.outbox[0]), "password": NEW}
    assert api.post(f"{ROOT}/auth/password/reset/confirm", body).status_code == 204
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")
    assert not logs_in(api, user, PASSWORD)
    assert logs_in(api, user, NEW)
    again = api.post(f"{ROOT}/auth/password/reset/confirm", body | {"password": "third-horse-9"})
    assert errors_of(again) == {("/token", "token_invalid")}
    assert logs_in(api, user, NEW)


def test_reset_tells_nobody_who_is_a_user(api, user, run_jobs, django_assert_num_queries):
    UserFactory(email="gone@example.com", is_active=False)
    answers = []
    for email in ("ada@example.com", "nobody@example.com", "gone@example.com"):
        with django_assert_num_queries(2):
            answers.append(api.post(f"{ROOT}/auth/password/reset", {"email": email}))
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 3
    assert [arguments for _, arguments in jobs()] == [
        {"user_id": user.pk},
        {"user_id": None},
        {"user_id": None},
    ]
    run_jobs()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


def test_a_reset_mail_cannot_be_sent_without_end(api, user, run_jobs):
    for _ in range(7):
        assert api.post(f"{ROOT}/auth/password/reset", {"email": user.email}).status_code == 202
    run_jobs()
    assert len(mail.outbox) == 5


def test_a_reset_token_is_good_for_an_hour(api, user):
    url = f"{ROOT}/auth/password/reset/confirm"
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        body = {"token": RESET.make(user), "password": NEW}
        clock.shift(timedelta(hours=1, seconds=1))
        assert errors_of(api.post(url, body)) == {("/token", "token_expired")}
        clock.shift(-timedelta(seconds=1))
        assert api.post(url, body).status_code == 204


def test_a_new_password_spends_the_mails_that_are_out(api, user, as_user):
    body = {"token": RESET.make(user), "password": "third-horse-9"}
    change = {"current_password": PASSWORD, "new_password": NEW}
    assert as_user(user).post(f"{ROOT}/auth/password/change", change).status_code == 204
    assert errors_of(api.post(f"{ROOT}/auth/password/reset/confirm", body)) == {("/token", "token_invalid")}


def test_reset_refuses_a_bad_password_and_keeps_the_token(api, user):
    url, token = f"{ROOT}/auth/password/reset/confirm", RESET.make(user)
    for password, code in (("short", "password_too_short"), ("x" * 129, "max_length"), (7, "wrong_type")):
        assert ("/password", code) in errors_of(api.post(url, {"token": token, "password": password}))
    assert ("/password", "required") in errors_of(api.post(url, {"token": token}))
    assert api.post(url, {"token": token, "password": NEW}).status_code == 204


def test_a_deactivated_user_does_not_reset(api, user):
    token = RESET.make(user)
    User.objects.update(is_active=False)
    body = {"token": token, "password": NEW}
    assert errors_of(api.post(f"{ROOT}/auth/password/reset/confirm", body)) == {("/token", "token_invalid")}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("body", [{}, {"email": "nope"}, {"email": 7}, {"email": "a@example.com", "x": 1}])
def test_reset_refuses_a_malformed_body(api, body):
    errors_of(api.post(f"{ROOT}/auth/password/reset", body))
    assert jobs() == []


# --- Change -----------------------------------------------------------------------------------------------


def test_change(api, user):
    pair, other = start_session(user=user), start_session(user=user)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert bearer(pair.access).post(f"{ROOT}/auth/password/change", body).status_code == 204
    for one in (pair, other):
        assert challenge(bearer(one.access).get(f"{ROOT}/me"), "token_revoked")
        assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": one.refresh}), "token_revoked")
    assert logs_in(api, user, NEW)
    assert not logs_in(api, user, PASSWORD)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"current_password": "wrong-horse-9", "new_password": NEW}, ("/current_password", "wrong_password")),
        ({"current_password": PASSWORD, "new_password": "short"}, ("/new_password", "password_too_short")),
        (
            {"current_password": PASSWORD, "new_password": "ada@example.com"},
            ("/new_password", "password_too_similar"),
        ),
        ({"current_password": PASSWORD, "new_password": "x" * 129}, ("/new_password", "max_length")),
        ({"current_password": PASSWORD}, ("/new_password", "required")),
        ({"new_password": NEW}, ("/current_password", "required")),
        ({"current_password": PASSWORD, "new_password": NEW, "x": 1}, ("/x", "unknown_field")),
    ],
)
def test_change_refuses(user, as_user, body, error):
    client = as_user(user)
    assert error in errors_of(client.post(f"{ROOT}/auth/password/change", body))
    assert Session.objects.open().count() == 1
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_change_asks_for_a_log_in(api):
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert challenge(api.post(f"{ROOT}/auth/password/change", body), "not_authenticated")
