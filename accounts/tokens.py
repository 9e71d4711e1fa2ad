"""The two kinds of JSON Web Token: settings pin algorithm, issuer and audience (`SIMPLE_JWT`)."""

from dataclasses import dataclass
from typing import TypeVar

from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from accounts.errors import TokenExpired, TokenInvalid
from accounts.models import Session

T = TypeVar("T", bound=Token)


class AccessToken(Token):
    token_type = "access"  # noqa: S105
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(Token):
    token_type = "refresh"  # noqa: S105
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The answer to a log-in and a refresh."""

    access: str
    refresh: str


def tokens_of(session: Session) -> TokenPair:
    """A fresh access token and the session's present refresh token."""
    user = session.user
    access, refresh = AccessToken.for_user(user), RefreshToken.for_user(user)
    access["sid"] = refresh["sid"] = session.pk
    access["role"] = user.role_number
    refresh["jti"] = session.refresh_jti
    return TokenPair(str(access), str(refresh))


def read(kind: type[T], raw: str) -> T:
    """The verified token; raises TokenExpired or TokenInvalid (also for the other kind of token)."""
    try:
        return kind(raw)  # type: ignore[arg-type]
    except ExpiredTokenError:
        raise TokenExpired from None
    except (TokenError, UnicodeError):
        raise TokenInvalid from None
