"""Races: real threads against real PostgreSQL and Redis."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import redis as redis_client
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from rest_framework.test import APIClient

from accounts.errors import InvalidCredentials, LastAdmin, LockedOut, TokenRevoked
from accounts.mail_tokens import RESET
from accounts.models import Session, User
from accounts.services import Origin, change_user, log_in, refresh_session, reset_password, start_session
from accounts.services.sessions import NOWHERE
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, AdminFactory, UserFactory, password_hash
from config.shared import redis
from config.shared.actor import Actor
from config.shared.errors import Problem

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


def at_once(count, act):
    """Results (or exceptions) of `act(number)` in that many threads that start together."""
    barrier = Barrier(count)

    def run(number):
        barrier.wait()
        try:
            return act(number)
        except Exception as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def counted(answers):
    kinds = [answer.status_code if hasattr(answer, "status_code") else type(answer) for answer in answers]
    return {kind: kinds.count(kind) for kind in kinds}


@pytest.fixture
def hashes(monkeypatch):
    """How many passwords were hashed."""
    done = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *a: done.append("encode") or encode(*a))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *a: done.append("verify") or verify(*a))
    return done


# --- Races ------------------------------------------------------------------------------------------------


@pytest.fixture
def _patient_redis(monkeypatch, settings):
    """200 threads on few cores wait longer for Redis, and want more connections, than a request may."""
    patient = redis_client.Redis.from_url(settings.REDIS_URL, socket_timeout=30, max_connections=200)
    monkeypatch.setattr(redis, "connection", lambda: patient)
    yield
    patient.close()


@pytest.mark.usefixtures("_patient_redis")
@pytest.mark.django_db(transaction=True)
def test_two_hundred_attempts_at_once_are_ten(hashes):
    user = UserFactory()
    hashes.clear()
    origin = Origin(ADDRESS)
    answers = at_once(200, lambda _: log_in(email=user.email, password="wrong-horse-9", origin=origin))
    assert counted(answers) == {401: 10, 429: 190}
    assert len(hashes) == 10
    assert all(isinstance(answer, InvalidCredentials | LockedOut) for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_one_refresh_token_sent_32_times_wins_once():
    user = UserFactory()
    for _ in range(3):
        pair = start_session(user=user)
        answers = at_once(32, lambda _, refresh=pair.refresh: refresh_session(refresh=refresh))
        winners = [answer for answer in answers if not isinstance(answer, Exception)]
        assert len(winners) == 1
        assert [type(answer) for answer in answers].count(TokenRevoked) == 31
        # The reuse has killed the family, the winner's new tokens included.
        with pytest.raises(TokenRevoked):
            refresh_session(refresh=winners[0].refresh)
        assert Session.objects.open().count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_over_http():
    pair = start_session(user=UserFactory())
    url = "/api/v1/auth/token/refresh"
    answers = at_once(32, lambda _: APIClient().post(url, {"refresh": pair.refresh}))
    assert counted(answers) == {200: 1, 401: 31}


@pytest.mark.django_db(transaction=True)
def test_a_reset_token_raced_wins_once():
    user = UserFactory()
    token = RESET.make(user)
    answers = at_once(8, lambda n: reset_password(token=token, password=f"another-horse-{n}", origin=NOWHERE))
    assert answers.count(None) == 1
    assert counted(answers) == {type(None): 1, 400: 7}
    user.refresh_from_db()
    assert user.check_password(f"another-horse-{answers.index(None)}")


@pytest.mark.django_db(transaction=True)
def test_two_last_admins_cannot_remove_each_other():
    for _ in range(5):
        User.objects.all().delete()
        pair = [AdminFactory(), AdminFactory()]

        def demote(number, pair=pair):
            other = pair[1 - number]
            return change_user(
                actor=Actor(user=pair[number], role="admin"), user_id=other.pk, role="customer"
            )

        answers = at_once(2, demote)
        assert sorted(type(answer).__name__ for answer in answers) == ["LastAdmin", "User"]
        assert isinstance(next(a for a in answers if isinstance(a, Problem)), LastAdmin)
        assert User.objects.admins().count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_address_registers_once_whatever_the_race():
    body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
    answers = at_once(8, lambda _: APIClient().post("/api/v1/auth/register", body))
    assert counted(answers) == {201: 1, 409: 7}
    assert User.objects.count() == 1
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_name_makes_many_slugs_whatever_the_race(as_user):
    clients = [as_user(UserFactory()) for _ in range(8)]
    answers = at_once(8, lambda n: clients[n].post("/api/v1/sellers/apply", {"name": "Books"}))
    slugs = sorted(answer.json()["slug"] for answer in answers)
    assert slugs == ["books", *(f"books-{number}" for number in range(2, 9))]


@pytest.mark.django_db(transaction=True)
def test_one_user_applies_once_whatever_the_race(as_user):
    client = as_user(UserFactory())
    answers = at_once(8, lambda _: client.post("/api/v1/sellers/apply", {"name": "Books"}))
    assert counted(answers) == {201: 1, 409: 7}
