"""`/me/sessions`: where one is logged in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SecurityEvent, Session
from accounts.services import Origin, start_session
from accounts.tests.answers import ROOT, bearer, challenge, code_of
from accounts.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db
SESSIONS = f"{ROOT}/me/sessions"


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def pairs(user):
    """A phone and, later, a laptop."""
    return [
        start_session(user=user, origin=Origin("203.0.113.7", "Phone")),
        start_session(user=user, origin=Origin("2001:db8::1", "Laptop")),
    ]


def test_the_list(pairs, user, django_assert_num_queries):
    start_session(user=UserFactory())
    for change in ({"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}):
        start_session(user=user)
        Session.objects.filter(pk=Session.objects.latest("created_at").pk).update(**change)
    laptop = bearer(pairs[1].access)
    with django_assert_num_queries(2):
        rows = laptop.get(SESSIONS).json()["results"]
    shown = [(row["device"], row["address"], row["current"]) for row in rows]
    assert shown == [("Laptop", "2001:db8::1", True), ("Phone", "203.0.113.7", False)]
    assert set(rows[0]) == {"id", "device", "address", "created_at", "last_used_at", "expires_at", "current"}
    assert "jti" not in str(rows)


def test_end_another_and_then_this_one(api, pairs, user):
    phone, laptop = (bearer(pair.access) for pair in pairs)
    rows = {row["device"]: row["id"] for row in laptop.get(SESSIONS).json()["results"]}
    assert laptop.delete(f"{SESSIONS}/{rows['Phone']}").status_code == 204
    assert challenge(phone.get(f"{ROOT}/me"), "token_revoked")
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pairs[0].refresh}), "token_revoked")
    assert code_of(laptop.delete(f"{SESSIONS}/{rows['Phone']}")) == (404, "not_found")
    assert laptop.delete(f"{SESSIONS}/{rows['Laptop']}").status_code == 204
    assert challenge(laptop.get(SESSIONS), "token_revoked")
    assert [line.kind for line in SecurityEvent.objects.all()] == ["session_ended"] * 2


def test_anothers_session_is_not_there(api, as_user, pairs):
    session = Session.objects.first()
    assert challenge(api.get(SESSIONS), "not_authenticated")
    assert challenge(api.delete(f"{SESSIONS}/{session.pk}"), "not_authenticated")
    for stranger in (UserFactory(), AdminFactory()):
        assert code_of(as_user(stranger).delete(f"{SESSIONS}/{session.pk}")) == (404, "not_found")
    for wrong in ("1", "x", "%00", "0" * 32):
        assert code_of(as_user(UserFactory()).delete(f"{SESSIONS}/{wrong}")) == (404, "not_found")
    session.refresh_from_db()
    assert session.revoked_at is None
    assert code_of(bearer(pairs[0].access).get(f"{SESSIONS}?x=1")) == (400, "invalid")
