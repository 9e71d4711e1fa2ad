"""Tokens of guests: one names a cart (only its digest is stored), one opens an order (derived, not stored)."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

from django.conf import settings

from config.shared.lookups import is_id


def new_cart_token(attempt: str = "") -> str:
    """A token that can be told from a made-up one, so that a cart gets its row, or a new one, with the next write.

    Random, but for an attempt under an Idempotency-Key: its replay has to have the same.
    """
    name = signature("new cart", attempt) if attempt else secrets.token_urlsafe(24)
    return f"{name}.{signature('cart', name)}"


def is_cart_token(token: str) -> bool:
    """Whether this service made the token."""
    name, _, given = token.rpartition(".")
    return bool(name) and hmac.compare_digest(given.encode(), signature("cart", name).encode())


def order_token(order_id: int | str) -> str:
    """What lets a guest read, pay and cancel the order: `Order-Token`."""
    return f"{order_id}.{signature('order', str(order_id))}"


def order_of_token(token: str) -> int | None:
    """The id of the order that a token opens; None for what is no token of ours."""
    name, _, given = token.partition(".")
    if not is_id(name):
        return None
    return int(name) if hmac.compare_digest(given.encode(), signature("order", name).encode()) else None


def signature(purpose: str, text: str) -> str:
    mac = hmac.digest(settings.SECRET_KEY.encode(), f"souk {purpose} token {text}".encode(), sha256)
    return urlsafe_b64encode(mac[:24]).decode()
