"""Tickets: a browser's websocket cannot send headers, so the client trades its token for one use within 30 seconds."""

import secrets
from typing import Any

import orjson
from django.conf import settings

from config.shared import redis
from config.shared.actor import digest

LIFETIME = 30  # seconds


def issue(claim: dict[str, Any]) -> str:
    """A ticket for `claim` (the bearer's identity, in the authenticator's terms). Raises redis errors: 503."""
    ticket = secrets.token_urlsafe(24)
    redis.connection().set(key(ticket), orjson.dumps(claim), ex=LIFETIME)
    return ticket


def redeem(ticket: str) -> dict[str, Any] | None:
    """The claim behind a ticket, once; None if it is spent, expired or forged."""
    raw = redis.connection().getdel(key(ticket))
    return orjson.loads(raw) if raw else None


def key(ticket: str) -> str:
    return f"{settings.CHANNEL_PREFIX}:ticket:{digest(ticket)}"
