"""Who makes a request: built once per request (or socket), passed to `visible_to(actor)`, permissions and services."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings

ADMIN, SELLER, CUSTOMER = "admin", "seller", "customer"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user with a role, or a guest with at most a cart's or an order's token.

    `user` and `seller_id` belong to the accounts app and are opaque here. `scopes` is None for a person (everything
    that the role may do) and a set for an API key, which `key_id` names. `stepped_up_until` is when a proven second
    factor expires; `is_unproven` marks staff who must prove one before anything else. `expires_at` ends an open socket.
    """

    user: Any = None
    role: str = ""
    seller_id: int | None = None
    seller_is_active: bool = False
    scopes: frozenset[str] | None = None
    session_id: str = ""
    key_id: int | None = None
    stepped_up_until: datetime | None = None
    is_unproven: bool = False
    expires_at: datetime | None = None
    cart_token: str = ""
    order_token: str = ""

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user is not None else None

    @property
    def is_guest(self) -> bool:
        return self.user is None

    @property
    def is_admin(self) -> bool:
        return self.role == ADMIN

    @property
    def is_seller(self) -> bool:
        return self.seller_id is not None and self.role == SELLER

    def may(self, scope: str) -> bool:
        """Whether an API key's scopes include `scope`; a person has all scopes."""
        return self.scopes is None or scope in self.scopes

    @property
    def caller(self) -> str | None:
        """Identifies the caller to the throttle and the idempotency log; tokens only as a digest."""
        if self.key_id is not None:
            return f"key:{self.key_id}"
        if self.user is not None:
            return f"user:{self.user_id}"
        if self.order_token:
            return f"order:{digest(self.order_token)}"
        return f"cart:{digest(self.cart_token)}" if self.cart_token else None

    @property
    def audiences(self) -> list[str]:
        """The event log's audiences that this actor belongs to."""
        if self.user is None:
            return []
        own = [user_audience(self.user_id)]
        if self.is_seller:
            own.append(seller_audience(self.seller_id))
        return [*own, ADMIN_AUDIENCE] if self.is_admin else own

    def carrying(self, *, cart_token: str, order_token: str) -> "Actor":
        return replace(self, cart_token=cart_token, order_token=order_token)


GUEST = Actor()
ADMIN_AUDIENCE = "admin"


def user_audience(user_id: int | None) -> str:
    return f"user:{user_id}"


def seller_audience(seller_id: int | None) -> str:
    return f"seller:{seller_id}"


def digest(token: str) -> str:
    """The stored form of a token: enough to find it, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def role_id(role: str) -> int:
    """The number of a role in tokens and in `/me`; operators choose it by setting."""
    return settings.ROLE_IDS[role]
