"""Guessing passwords."""

import pytest
import redis as redis_client
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.test import APIClient

from accounts import lockout
from accounts.backends import LockoutBackend
from accounts.errors import InvalidCredentials
from accounts.mail_tokens import RESET
from accounts.models import Session, User
from accounts.services import Origin
from accounts.services.credentials import start_if_unchanged
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, AdminFactory, UserFactory, password_hash
from config.shared import redis

URL = "/api/v1/auth/token"
ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def _fresh_counters(db):
    forget_counters()


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch):
    """It is how many passwords are hashed that matters here."""
    for cost, value in (("time_cost", 1), ("memory_cost", 64), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, cost, value)
    password_hash.cache_clear()
    yield
    password_hash.cache_clear()


def try_log_in(email, password="wrong-horse-9", address=ADDRESS):
    return APIClient(REMOTE_ADDR=address).post(URL, {"email": email, "password": password})


@pytest.fixture
def hashes(monkeypatch):
    """How many passwords were hashed."""
    done = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *a: done.append("encode") or encode(*a))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *a: done.append("verify") or verify(*a))
    return done


# --- The lock-out -----------------------------------------------------------------------------------------


def test_ten_failures_lock_out_the_right_password_too(hashes):
    user = UserFactory()
    hashes.clear()
    assert [try_log_in(user.email).status_code for _ in range(10)] == [401] * 10
    assert len(hashes) == 10
    answer = try_log_in(user.email, PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
    assert 890 <= int(answer.headers["Retry-After"]) <= 900
    assert len(hashes) == 10  # a locked attempt is not worth a hash
    assert Session.objects.count() == 0


def test_letter_case_is_no_way_around():
    user = UserFactory()
    for number in range(10):
        try_log_in(user.email.upper() if number % 2 else user.email)
    assert try_log_in(user.email.title(), PASSWORD).status_code == 429


def test_an_attacker_elsewhere_locks_nobody_out():
    user, other = UserFactory(), UserFactory()
    for _ in range(11):
        try_log_in(user.email, address="198.51.100.9")
    assert try_log_in(user.email, PASSWORD, address="198.51.100.9").status_code == 429
    assert try_log_in(user.email, PASSWORD).status_code == 200
    assert try_log_in(other.email, PASSWORD, address="198.51.100.9").status_code == 200


def test_a_success_clears_the_count():
    user = UserFactory()
    for _ in range(2):
        assert [try_log_in(user.email).status_code for _ in range(9)] == [401] * 9
        assert try_log_in(user.email, PASSWORD).status_code == 200


def test_an_unknown_address_is_locked_out_alike():
    assert [try_log_in("nobody@example.com").status_code for _ in range(11)] == [401] * 10 + [429]


def test_an_unknown_address_costs_the_same(hashes, django_assert_num_queries):
    user = UserFactory()
    inactive = UserFactory(is_active=False)
    disabled = UserFactory()
    disabled.set_unusable_password()
    disabled.save()
    for email in ("nobody@example.com", user.email, inactive.email, disabled.email):
        hashes.clear()
        with django_assert_num_queries(3):  # looked up, looked up for the trail, recorded
            assert try_log_in(email).status_code == 401
        assert len(hashes) == 1


def test_the_scale_of_throttling_does_not_scale_the_lock_out(settings):
    for scale in (0, 100):
        settings.THROTTLE_SCALE = scale
        forget_counters()
        assert [try_log_in("nobody@example.com").status_code for _ in range(11)] == [401] * 10 + [429]


def test_one_address_that_tries_many_accounts(monkeypatch):
    monkeypatch.setattr(lockout, "FAILURES_OF_ADDRESS", 5)
    user = UserFactory()
    for number in range(4):
        try_log_in(f"nobody{number}@example.com")
    for _ in range(3):  # a success is no failure of the address
        assert try_log_in(user.email, PASSWORD).status_code == 200
    assert try_log_in("nobody5@example.com").status_code == 401
    assert try_log_in(user.email, PASSWORD).status_code == 429
    assert try_log_in(user.email, PASSWORD, address="198.51.100.9").status_code == 200


def test_many_addresses_guess_no_longer_than_one_and_lock_nobody_out_at_home(monkeypatch):
    monkeypatch.setattr(lockout, "FAILURES_OF_ACCOUNT", 5)
    user, other = UserFactory(), UserFactory()
    assert try_log_in(user.email, PASSWORD).status_code == 200
    guesses = [try_log_in(user.email, address=f"198.51.100.{n}").status_code for n in range(7)]
    assert guesses == [401] * 5 + [429] * 2
    assert try_log_in(user.email, PASSWORD, address="192.0.2.1").status_code == 429
    assert try_log_in(other.email, PASSWORD, address="192.0.2.1").status_code == 200
    assert [try_log_in(user.email).status_code for _ in range(10)] == [401] * 10  # the limit of one address
    assert try_log_in(user.email, PASSWORD).status_code == 429


def test_where_one_registered_is_known(api, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(lockout, "FAILURES_OF_ACCOUNT", 1)
    credentials = {"email": "ada@example.com", "password": PASSWORD}
    with django_capture_on_commit_callbacks(execute=True):
        api.post("/api/v1/auth/register", credentials | {"name": "Ada"}, REMOTE_ADDR=ADDRESS)
    try_log_in("ada@example.com", address="198.51.100.9")
    assert try_log_in(**credentials, address="192.0.2.1").status_code == 429
    assert try_log_in(**credentials).status_code == 200


def test_a_reset_ends_the_lock_where_it_is_done(api, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(lockout, "FAILURES_OF_ACCOUNT", 12)
    user = UserFactory()
    for address in (ADDRESS, "198.51.100.9"):
        for _ in range(10):
            try_log_in(user.email, address=address)
    body = {"token": RESET.make(user), "password": "violet-otter-27"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post("/api/v1/auth/password/reset/confirm", body, REMOTE_ADDR=ADDRESS)
    assert answer.status_code == 204
    assert try_log_in(user.email, "violet-otter-27").status_code == 200
    assert try_log_in(user.email, "violet-otter-27", address="198.51.100.9").status_code == 429


def test_the_lock_ends(monkeypatch):
    user = UserFactory()
    for _ in range(10):
        try_log_in(user.email)
    for key in lockout.keys_of(user.email, ADDRESS):
        redis.connection().pexpire(key, 0)
    assert try_log_in(user.email, PASSWORD).status_code == 200


def test_without_redis_nobody_logs_in(monkeypatch, hashes):
    user = UserFactory()
    hashes.clear()
    dead = redis_client.Redis(port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(redis, "connection", lambda: dead)
    monkeypatch.setattr("accounts.views.auth.AuthView.throttle_strict", False)  # the lock-out by itself
    answer = try_log_in(user.email, PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert hashes == []


def test_an_outage_is_nobodys_failure():
    for _ in range(20):
        with pytest.raises(OperationalError), lockout.attempt(email="a@example.com", address=ADDRESS):
            raise OperationalError
    with lockout.attempt(email="a@example.com", address=ADDRESS):
        pass
    assert redis.connection().get(lockout.keys_of("", ADDRESS)[1]) == b"0"


def test_changing_the_password_is_no_way_to_guess_it(as_user):
    user = UserFactory()
    client = as_user(user)
    body = {"current_password": "wrong-horse-9", "new_password": "another-horse-9"}
    url = "/api/v1/auth/password/change"
    assert [client.post(url, body).status_code for _ in range(10)] == [400] * 10
    answer = client.post(url, body | {"current_password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_admin_site_is_under_the_same_lock():
    user, request = AdminFactory(), RequestFactory().post("/admin/login/", REMOTE_ADDR=ADDRESS)
    backend = LockoutBackend()
    assert backend.authenticate(request, user.email.upper(), PASSWORD) == user
    assert [backend.authenticate(request, user.email, "wrong") for _ in range(10)] == [None] * 10
    with pytest.raises(PermissionDenied):
        backend.authenticate(request, user.email, PASSWORD)
    assert try_log_in(user.email, PASSWORD).status_code == 429


def test_a_password_changed_while_the_old_one_was_hashed_opens_nothing():
    stale = UserFactory()
    user = User.objects.get()
    with CaptureQueriesContext(connection) as queries:
        start_if_unchanged(user, Origin(ADDRESS))
    assert "FOR NO KEY UPDATE" in queries[1]["sql"]
    user.set_password("another-horse-9")
    user.save()
    with pytest.raises(InvalidCredentials):
        start_if_unchanged(stale, Origin(ADDRESS))
    assert Session.objects.open().count() == 0
