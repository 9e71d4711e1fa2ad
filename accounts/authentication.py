"""Finds the actor behind a bearer token, an API key or a websocket ticket, from current data at each request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.errors import TokenExpired, TokenInvalid, TokenRevoked
from accounts.models import ApiKey, Session, User
from accounts.services.api_keys import BEGINNING, note_use
from accounts.tokens import AccessToken, read
from config.shared import scopes
from config.shared.actor import SELLER, Actor, digest
from config.shared.realtime import tickets


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token or API key>`; without one the caller is a guest."""

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
    text = header.partition(" ")[2].strip()
    return key_actor(text) if text.startswith(BEGINNING) else actor_of(read(AccessToken, text).payload)


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The actor that claims (`sub`, `sid`, `role`, `exp` as in an access token) identify, if they still hold.

    One query. Raises TokenRevoked once the session has ended, the user was deactivated or the role has changed.
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
        stepped_up_until=session.stepped_up_until,
        is_unproven=settings.ADMIN_REQUIRE_TOTP and user.is_staff and session.stepped_up_until is None,
        expires_at=expires_at,
    )


def key_actor(text: str) -> Actor:
    """The actor of an API key; one query, and an update at most once a minute.

    Raises TokenInvalid, TokenExpired or TokenRevoked; the last also while the owner is deactivated, has a different
    role from when the key was made, or has a shop that is not open.
    """
    key = ApiKey.objects.filter(digest=digest(text)).select_related("user", "user__seller").first()
    if key is None:
        raise TokenInvalid
    if key.is_expired:
        raise TokenExpired
    user, shop = key.user, key.user.shop
    is_closed = user.role == SELLER and not (shop and shop.is_active)
    if key.revoked_at is not None or not user.is_active or user.role != key.role or is_closed:
        raise TokenRevoked
    note_use(key=key)
    return actor_with(key)


def actor_with(key: ApiKey) -> Actor:
    """The key's actor. It expires as a person's token does, so that a revoked key's socket does not stay open."""
    user, shop = key.user, key.user.shop
    latest = timezone.now() + AccessToken.lifetime
    return Actor(
        user=user,
        role=user.role,
        seller_id=shop.pk if shop else None,
        seller_is_active=shop is not None and shop.is_active,
        scopes=frozenset(key.scopes),
        key_id=key.pk,
        expires_at=min(key.expires_at or latest, latest),
    )


# --- Websockets -------------------------------------------------------------------------------------------


def issue_ticket(actor: Actor) -> str:
    """A single-use ticket that stands for the actor's access token. Raises redis errors: 503."""
    exp = int(actor.expires_at.timestamp()) if actor.expires_at else 0
    claim = {"sub": str(actor.user_id), "sid": actor.session_id, "role": actor.user.role_number, "exp": exp}
    return tickets.issue(claim)


def socket_actor(*, ticket: str, authorization: str) -> Actor | None:
    """The actor behind a ticket or, without one, a bearer header; None if it is not valid.

    Raises InsufficientScope for an API key that may not read events, SecondFactorRequired for staff who must prove one.
    """
    if not ticket and not is_bearer(authorization):
        return None
    try:
        actor = ticket_actor(ticket) if ticket else bearer_actor(authorization)
    except AuthenticationFailed:
        return None
    if actor.is_unproven:
        raise scopes.SecondFactorRequired
    if actor.scopes is not None:
        scopes.require(actor, "events:read")
    return actor


def ticket_actor(ticket: str) -> Actor:
    claim = tickets.redeem(ticket)
    if claim is None:
        raise TokenInvalid
    actor = actor_of(claim)
    if actor.expires_at is not None and actor.expires_at <= timezone.now():
        raise TokenExpired
    return actor
