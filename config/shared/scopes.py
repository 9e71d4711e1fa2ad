"""The scopes that an API key can have, and the scope that each view requires, both defined only here.

A key opens a view with the scope of the view's area: `<area>:read` for GET, `<area>:write` for changes.
A view in no area is closed to keys, and so are the methods that it lists in `closed_to_keys`: a new view is never
opened by oversight.
"""

from typing import Any

from rest_framework.permissions import SAFE_METHODS

from config.shared.actor import Actor
from config.shared.errors import Forbidden

# Prefix of a view's module → its area; the longest prefix counts.
AREAS = {
    "accounts": "accounts",
    "catalog": "catalog",
    "catalog.views.inventory": "inventory",
    "orders": "orders",
    "payments": "payments",
    "social": "social",
    "config.shared.events": "events",
    "config.shared.webhooks": "webhooks",
}
ALL_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SCOPES = {
    "accounts:read": "profile, addresses, shop, and for an administrator users and shops",
    "accounts:write": "change them; roles and rights never",
    "catalog:read": "products, categories, brands, imports and exports",
    "catalog:write": "change them",
    "inventory:read": "stock levels, movements and locations",
    "inventory:write": "change them",
    "orders:read": "carts, orders, coupons, shipping methods",
    "orders:write": "place, ship, cancel and change them",
    "payments:read": "payments, refunds, balances and payouts",
    "payments:write": "pay, settle and refund",
    "social:read": "follows, notifications, reviews, wishes, messages",
    "social:write": "change them",
    "events:read": "the event log, over HTTP and live",
    "webhooks:read": "webhooks and their delivery log",
    "webhooks:write": "change, test and redeliver them",
}


class InsufficientScope(Forbidden):
    """The key is valid but lacks the scope named in `scope`."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key lacks the scope {scope}.", scope=scope)


class PersonRequired(Forbidden):
    code = "person_required"
    detail = "This is for people who have logged in: an API key cannot do it."


class SecondFactorRequired(Forbidden):
    """With `ADMIN_REQUIRE_TOTP`, a password alone gives staff access only to setting up or proving a second factor."""

    code = "step_up_required"
    detail = "Staff show a second factor first: POST /auth/step-up (to set one up: POST /me/totp)."


def check(actor: Actor, view: Any, method: str) -> None:
    """A key needs the view's scope, and staff may have to prove a second factor; all others pass.

    Raises InsufficientScope, PersonRequired, SecondFactorRequired.
    """
    if actor.is_unproven and not view.open_to_unproven:
        raise SecondFactorRequired
    if actor.scopes is not None:
        require(actor, needed(view, method))


def require(actor: Actor, scope: str | None) -> None:
    if scope is None:
        raise PersonRequired
    if not actor.may(scope):
        raise InsufficientScope(scope)


def needed(view: Any, method: str) -> str | None:
    """The scope that a key needs for this method of the view; None if no key can open it."""
    scope = f"{area_of(view)}:{'read' if method in SAFE_METHODS else 'write'}"
    return scope if scope in SCOPES and method not in view.closed_to_keys else None


def area_of(view: Any) -> str | None:
    parts = type(view).__module__.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((AREAS[prefix] for prefix in prefixes if prefix in AREAS), None)
