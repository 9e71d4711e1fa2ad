"""Tokens of guests: one names a cart (only its digest is stored), one opens an order (derived, not stored)."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

from django.conf import settings

from config.shared.lookups import is_id


def new_cart_token(attempt: str = "") -> str:
    """A token that the service can recognise as its own: the next write may create a cart for it, or a new one.

    Random, except for a request with an Idempotency-Key (`attempt`), because a replay needs the same token.
    """
    name = signature("new cart", attempt) if attempt else secrets.token_urlsafe(24)
    return f"{name}.{signature('cart', name)}"


def is_cart_token(token: str) -> bool:
    """Whether this service made the token."""
    name, _, given = token.rpartition(".")
    return bool(name) and hmac.compare_digest(given.encode(), signature("cart", name).encode())


def order_token(order_id: int | str) -> str:
    """The guest's `Order-Token`: it allows reading, paying and cancelling the order."""
    return f"{order_id}.{signature('order', str(order_id))}"


def order_of_token(token: str) -> int | None:
    """The id of the order that the token opens; None if the token is not ours."""
    name, _, given = token.partition(".")
    if not is_id(name):
        return None
    return int(name) if hmac.compare_digest(given.encode(), signature("order", name).encode()) else None


def signature(purpose: str, text: str) -> str:
    mac = hmac.digest(settings.SECRET_KEY.encode(), f"souk {purpose} token {text}".encode(), sha256)
    return urlsafe_b64encode(mac[:24]).decode()
