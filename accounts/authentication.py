"""Who is behind a bearer token or a websocket ticket. Each time the session, the user and the shop are read afresh."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.errors import TokenExpired, TokenInvalid, TokenRevoked
from accounts.models import Session, User
from accounts.tokens import AccessToken, read
from config.shared.actor import Actor
from config.shared.realtime import tickets


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; without one the caller is a guest."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        actor = bearer_actor(header) if is_bearer(header) else None
        return (actor.user, actor) if actor is not None else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def is_bearer(header: str) -> bool:
    return header.partition(" ")[0].lower() == "bearer"


def bearer_actor(header: str) -> Actor:
    """The actor of an `Authorization` header; raises TokenInvalid, TokenExpired or TokenRevoked."""
    token = read(AccessToken, header.partition(" ")[2].strip())
    return actor_of(token.payload)


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The actor that claims (`sub`, `sid`, `role`, `exp` as in an access token) speak of, if they still hold.

    One query. Raises TokenRevoked once the session has ended, the user was deactivated or their role has changed.
    """
    if not {"sub", "sid", "role", "exp"} <= claims.keys():
        raise TokenInvalid
    session = Session.objects.open().filter(pk=claims["sid"]).select_related("user", "user__seller").first()
    if session is None or str(session.user_id) != claims["sub"] or not session.user.is_active:
        raise TokenRevoked
    if session.user.role_number != claims["role"]:
        raise TokenRevoked("The user's role has changed: refresh the token.")
    return actor_in(session, datetime.fromtimestamp(claims["exp"], UTC))


def actor_in(session: Session, expires_at: datetime) -> Actor:
    user, shop = session.user, session.user.shop
    return Actor(
        user=user,
        role=user.role,
        seller_id=shop.pk if shop else None,
        seller_is_active=shop is not None and shop.is_active,
        session_id=session.pk,
        expires_at=expires_at,
    )


# --- Websockets -------------------------------------------------------------------------------------------


def issue_ticket(actor: Actor) -> str:
    """A single-use ticket that stands for the actor's access token. Raises redis errors: 503."""
    exp = int(actor.expires_at.timestamp()) if actor.expires_at else 0
    claim = {"sub": str(actor.user_id), "sid": actor.session_id, "role": actor.user.role_number, "exp": exp}
    return tickets.issue(claim)


def socket_actor(*, ticket: str, authorization: str) -> Actor | None:
    """The actor behind a ticket or, without one, a bearer header; None when neither is good."""
    try:
        return (
            ticket_actor(ticket)
            if ticket
            else bearer_actor(authorization)
            if is_bearer(authorization)
            else None
        )
    except AuthenticationFailed:
        return None


def ticket_actor(ticket: str) -> Actor:
    claim = tickets.redeem(ticket)
    if claim is None:
        raise TokenInvalid
    actor = actor_of(claim)
    if actor.expires_at is not None and actor.expires_at <= timezone.now():
        raise TokenExpired
    return actor
