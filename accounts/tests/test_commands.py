"""`create_admin`, and housekeeping."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.management.commands import create_admin
from accounts.models import Session, User
from accounts.services import prune_sessions, start_session
from accounts.tests.answers import ROOT, bearer, challenge
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

# --- The command ------------------------------------------------------------------------------------------


def make_admin(*arguments):
    output = io.StringIO()
    call_command("create_admin", *arguments, stdout=output)
    return output.getvalue().strip()


def test_create_admin():
    told = make_admin("Root@Example.com", "--password", PASSWORD)
    assert told == "root@example.com is a new administrator."
    user = User.objects.get()
    assert (user.role, user.is_staff, user.is_superuser, user.email_verified) == ("admin", True, True, True)
    assert user.check_password(PASSWORD)


def test_create_admin_raises_an_existing_user():
    user = UserFactory(email="ada@example.com", is_active=False)
    pair = start_session(user=user)
    told = make_admin("ada@example.com", "--password", "another-horse-9")
    assert told == "ada@example.com is now an administrator."
    user.refresh_from_db()
    assert (user.role, user.is_active, user.check_password("another-horse-9")) == ("admin", True, True)
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")


def test_create_admin_takes_the_password_from_the_environment(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    make_admin("root@example.com")
    assert User.objects.get().check_password(PASSWORD)


def test_create_admin_asks(monkeypatch):
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    monkeypatch.setattr(create_admin.sys.stdin, "isatty", lambda: True, raising=False)
    answers = iter([PASSWORD, PASSWORD, PASSWORD, "other"])
    monkeypatch.setattr(create_admin.getpass, "getpass", lambda prompt: next(answers))
    make_admin("root@example.com")
    assert User.objects.get().check_password(PASSWORD)
    with pytest.raises(CommandError, match="differ"):
        make_admin("other@example.com")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope", "--password", PASSWORD], "is not an e-mail address"),
        (["root@example.com", "--password", "short"], "too short"),
        (["root@example.com"], "give --password or set ADMIN_PASSWORD"),
    ],
)
def test_create_admin_refuses(monkeypatch, arguments, message):
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match=message):
        make_admin(*arguments)
    assert User.objects.count() == 0


# --- Housekeeping -----------------------------------------------------------------------------------------


def test_old_sessions_are_pruned():
    user = UserFactory()
    start_session(user=user)
    now = timezone.now()
    for days in (29, 31):
        Session.objects.create(user=user, expires_at=now - timedelta(days=days))
    assert prune_sessions() == 1
    assert Session.objects.count() == 2
