"""`/auth/email/change`: a new address counts once its reader says so."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from accounts.mail_tokens import EMAIL_CHANGE, RESET, VERIFICATION
from accounts.models import SecurityEvent, User
from accounts.tests.answers import ROOT, code_of, errors_of
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, UserFactory, enrolled
from accounts.tests.test_password_api import token_in

pytestmark = pytest.mark.django_db
ASK, CONFIRM = f"{ROOT}/auth/email/change", f"{ROOT}/auth/email/change/confirm"
WISH = {"email": "Ada@New.example.com", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _fresh_counters():
    forget_counters()


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def kinds():
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_the_new_address_gets_a_token_and_the_old_one_a_warning(api, as_user, user, run_jobs, settings):
    settings.STOREFRONT_URL = "https://shop.example"
    client = as_user(user)
    assert client.post(ASK, WISH).status_code == 202
    assert run_jobs() == ["accounts.send_email_change"]
    warning, asked = mail.outbox
    assert (warning.to, asked.to) == (["ada@example.com"], ["ada@new.example.com"])
    token = token_in(asked)
    assert token not in warning.body
    assert f"https://shop.example/change-email?token={token.replace(':', '%3A')}" in asked.body
    assert client.get(f"{ROOT}/me").json()["email"] == "ada@example.com"

    assert api.post(CONFIRM, {"token": token}).status_code == 204
    me = client.get(f"{ROOT}/me").json()
    assert (me["email"], me["email_verified"]) == ("ada@new.example.com", True)
    assert errors_of(api.post(CONFIRM, {"token": token})) == {("/token", "token_invalid")}
    assert (
        api.post(f"{ROOT}/auth/token", {"email": "ada@new.example.com", "password": PASSWORD}).status_code
        == 200
    )
    assert (
        api.post(f"{ROOT}/auth/token", {"email": "ada@example.com", "password": PASSWORD}).status_code == 401
    )
    assert kinds()[:2] == ["email_change_asked", "email_changed"]


def test_what_was_mailed_to_the_old_address_is_worthless_then(api, user):
    old = {"reset": RESET.make(user), "verify": VERIFICATION.make(user)}
    User.objects.update(pending_email="new@example.com")
    user.refresh_from_db()
    assert api.post(CONFIRM, {"token": EMAIL_CHANGE.make(user)}).status_code == 204
    reset = api.post(
        f"{ROOT}/auth/password/reset/confirm", {"token": old["reset"], "password": "violet-otter-27"}
    )
    verify = api.post(f"{ROOT}/auth/verify-email", {"token": old["verify"]})
    assert errors_of(reset) == errors_of(verify) == {("/token", "token_invalid")}


def test_a_token_ends_with_another_wish_another_password_or_its_hour(api, user):
    user.pending_email = "new@example.com"
    user.save()
    token = EMAIL_CHANGE.make(user)
    for change in ({"pending_email": "other@example.com"}, {"password": "x"}, {"is_active": False}):
        User.objects.update(**change)
        assert errors_of(api.post(CONFIRM, {"token": token})) == {("/token", "token_invalid")}
        user.save()
    for other in (RESET, VERIFICATION):
        assert errors_of(api.post(CONFIRM, {"token": other.make(user)})) == {("/token", "token_invalid")}
    with time_machine.travel(timedelta(hours=1, seconds=5), tick=False):
        assert errors_of(api.post(CONFIRM, {"token": token})) == {("/token", "token_expired")}
    assert User.objects.get().email == "ada@example.com"


def test_an_address_that_is_taken_meanwhile(api, as_user, user):
    as_user(user).post(ASK, WISH)
    user.refresh_from_db()
    UserFactory(email="ada@new.example.com")
    assert code_of(api.post(CONFIRM, {"token": EMAIL_CHANGE.make(user)})) == (409, "email_taken")
    assert code_of(as_user(user).post(ASK, WISH)) == (409, "email_taken")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"password": "wrong-horse-9"}, "/password", "wrong_password"),
        ({"email": "ADA@example.com"}, "/email", "unchanged"),
        ({"email": "ada"}, "/email", "invalid"),
        ({"email": "a" * 250 + "@example.com"}, "/email", "max_length"),
        ({"role": 1}, "/role", "unknown_field"),
    ],
)
def test_bad_input_asks_for_nothing(as_user, user, change, pointer, code):
    assert (pointer, code) in errors_of(as_user(user).post(ASK, WISH | change))
    assert User.objects.get().pending_email == ""


def test_guessing_the_password_there_locks_out_too(as_user, user):
    client = as_user(user)
    answers = [client.post(ASK, WISH | {"password": "wrong-horse-9"}).status_code for _ in range(10)]
    assert answers == [400] * 10
    assert code_of(client.post(ASK, WISH)) == (429, "locked_out")


def test_a_second_factor_is_asked_for(as_user, user):
    enrolled(user)
    assert code_of(as_user(user).post(ASK, WISH)) == (403, "step_up_required")
    assert User.objects.get().pending_email == ""
