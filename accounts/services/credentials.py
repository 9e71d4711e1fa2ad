"""Passwords: log in, change, reset."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.exceptions import ValidationError as InvalidInput
from rest_framework.fields import get_error_detail

from accounts import lockout
from accounts.errors import InvalidCredentials, LockedOut
from accounts.mail_tokens import RESET
from accounts.models import User
from accounts.models.security import Kind
from accounts.services.sessions import Origin, start_session
from accounts.services.trail import record
from accounts.tasks import send_password_reset
from accounts.tokens import TokenPair
from config.shared.errors import invalid


def log_in(*, email: str, password: str, origin: Origin) -> TokenPair:
    """Starts a session. Raises InvalidCredentials, or LockedOut after ten failures for this account and address."""
    with watched_attempt(email=email, address=origin.address, at="log-in"):
        user = user_with(email=email, password=password)
    return start_if_unchanged(user, origin)


@contextmanager
def watched_attempt(*, email: str, address: str, at: str) -> Iterator[None]:
    """`lockout.attempt`, with each failure recorded in the audit trail, and each lock once."""
    try:
        with lockout.attempt(email=email, address=address):
            yield
    except InvalidCredentials:
        record(Kind.LOGIN_FAILED, email=email, at=at)
        raise
    except LockedOut:
        if lockout.is_news(email=email, address=address):
            record(Kind.LOCKED_OUT, email=email, at=at)
        raise


def user_with(*, email: str, password: str) -> User:
    """The active user with this password. An unknown address takes the same time: one hash."""
    user = User.objects.filter(email=email).first()
    if user is None:
        make_password(password)
        raise InvalidCredentials
    if not user.check_password(password) or not user.is_active:
        raise InvalidCredentials
    return user


@transaction.atomic
def start_if_unchanged(user: User, origin: Origin) -> TokenPair:
    """Starts a session unless the password changed or the user was deactivated during the slow hashing."""
    same = User.objects.select_for_update(no_key=True).filter(
        pk=user.pk, password=user.password, is_active=True
    )
    if not same.exists():
        raise InvalidCredentials
    record(Kind.LOGGED_IN, user=user)
    return start_session(user=user, origin=origin)


def check_rules(password: str, user: User, *, pointer: str) -> None:
    """Raises 400 at `pointer`, with all rules that the password breaks."""
    try:
        validate_password(password, user)
    except ValidationError as broken:
        raise InvalidInput({pointer: get_error_detail(broken)}) from None


@transaction.atomic
def set_password(*, user: User, password: str, kind: Kind = Kind.PASSWORD_CHANGED) -> None:
    """Sets the password, which also ends all of the user's sessions (`User.save`)."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record(kind, user=user)


def confirm_password(*, user: User, password: str, origin: Origin, pointer: str, at: str) -> User:
    """Checks the user's password once more; returns the current user. Raises 400 at `pointer`, LockedOut."""
    try:
        with watched_attempt(email=user.email, address=origin.address, at=at):
            return user_with(email=user.email, password=password)
    except InvalidCredentials:
        raise invalid(pointer, "The current password is wrong.", "wrong_password") from None


def change_password(*, user: User, current: str, new: str, origin: Origin) -> None:
    """Changes the password. Raises 400 at /current_password or /new_password, LockedOut as a log-in does."""
    at = "password change"
    user = confirm_password(user=user, password=current, origin=origin, pointer="current_password", at=at)
    check_rules(new, user, pointer="new_password")
    set_password(user=user, password=new)


def request_password_reset(*, email: str) -> None:
    """Sends a mail if there is such a user; otherwise does the same work without one."""
    if lockout.admits_mail(kind="reset", email=email):
        user = User.objects.filter(email=email, is_active=True).only("pk").first()
        send_password_reset.defer(user_id=user.pk if user else None)


@transaction.atomic
def reset_password(*, token: str, password: str, origin: Origin) -> None:
    """Sets the password by a mailed token, which is then spent; ends a lock-out. Raises 400 at /token or /password."""
    user = RESET.owner(token)
    check_rules(password, user, pointer="password")
    set_password(user=user, password=password, kind=Kind.PASSWORD_RESET)
    transaction.on_commit(lambda: lockout.forgive(email=user.email, address=origin.address), robust=True)
