"""Sessions: start, rotate, end."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.errors import TokenRevoked
from accounts.models import Session, User, new_id
from accounts.models.security import Kind
from accounts.services.trail import record, storable
from accounts.tokens import RefreshToken, TokenPair, read, tokens_of
from config.shared.actor import user_audience
from config.shared.events.control import REFUSED, end_access

KEPT_AFTER_END = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a log-in comes from, as shown to the user in the list of sessions."""

    address: str = ""
    user_agent: str = ""


NOWHERE = Origin()


def start_session(*, user: User, origin: Origin = NOWHERE) -> TokenPair:
    session = Session.objects.create(
        user=user,
        expires_at=timezone.now() + RefreshToken.lifetime,
        user_agent=origin.user_agent[:255],
        address=storable(origin.address),
    )
    return tokens_of(session)


def refresh_session(*, refresh: str) -> TokenPair:
    """The next pair of tokens; for a token used before, raises TokenRevoked and ends the whole session.

    One conditional update decides: of any number of concurrent requests, only one finds the row with its token's `jti`.
    It uses only columns of its own table, because PostgreSQL would not evaluate a subquery again after waiting for
    another update. And no transaction spans the refusal, which must not roll back the end of the session.
    """
    token = read(RefreshToken, refresh)
    now = timezone.now()
    mine = Session.objects.open().filter(pk=token["sid"], refresh_jti=token["jti"])
    expires_at = now + RefreshToken.lifetime
    rotated = mine.update(refresh_jti=new_id(), last_used_at=now, expires_at=expires_at)
    session = Session.objects.select_related("user").filter(pk=token["sid"]).first() if rotated else None
    if session is None or not session.user.is_active:
        if Session.objects.filter(pk=token["sid"]).end():
            record(Kind.REFRESH_REUSED, user=User.objects.filter(sessions=token["sid"]).first())
        raise TokenRevoked
    return tokens_of(session)


def end_session(*, user: User, refresh: str) -> None:
    """Ends the session of one of the user's refresh tokens, used or not; raises TokenInvalid or TokenRevoked."""
    token = read(RefreshToken, refresh)
    if not Session.objects.filter(pk=token["sid"], user=user).exists():
        raise TokenRevoked
    Session.objects.filter(pk=token["sid"], user=user).end()


@transaction.atomic
def end_own_session(*, session: Session) -> None:
    """Logs out one of the user's devices, this one or another."""
    if Session.objects.filter(pk=session.pk).end():
        record(Kind.SESSION_ENDED, user=session.user)


@transaction.atomic
def log_out_everywhere(*, user: User) -> int:
    """Ends all sessions of a user, and with them every access token; returns how many were open."""
    record(Kind.LOGGED_OUT_EVERYWHERE, user=user)
    return end_sessions(user=user)


def end_sessions(*, user: User) -> int:
    return user.sessions.end()  # type: ignore[attr-defined]


def close_sockets(user: User, code: str, *, close_code: int = REFUSED) -> None:
    """Closes all sockets and streams of the user, however they were opened. Needs the transaction of the cause."""
    end_access([user_audience(user.pk)], code=code, close_code=close_code)


@transaction.atomic
def prune_sessions() -> int:
    """Removes sessions that ended or expired a while ago; returns how many."""
    return Session.objects.filter(expires_at__lt=timezone.now() - KEPT_AFTER_END).delete()[0]
