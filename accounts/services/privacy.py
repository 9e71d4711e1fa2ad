"""A user's right to a copy of their data, and to erasure."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.errors import ErasureBlocked
from accounts.models import Seller, User, new_id
from accounts.models.security import Kind
from accounts.services.logos import replace_logo
from accounts.services.sellers import suspend_seller
from accounts.services.sessions import close_sockets
from accounts.services.trail import record
from accounts.services.users import lock_with_admins, require_other_admin
from config.shared import registry
from config.shared.actor import ADMIN, CUSTOMER, seller_audience
from config.shared.models import IdempotencyRecord
from config.shared.webhooks.services import export_webhooks, forget_webhooks


def export_user(*, user: User) -> dict[str, Any]:
    """All personal data, by the domain that holds it."""
    return {name: export(user) for name, export in registry.EXPORTERS.items()}


def export_account(user: User) -> dict[str, Any]:
    """The part that accounts holds."""
    profile = (
        "id",
        "email",
        "pending_email",
        "name",
        "locale",
        "role",
        "email_verified_at",
        "created_at",
        "last_login",
    )
    address = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone", "created_at")
    session = ("created_at", "last_used_at", "expires_at", "revoked_at", "user_agent", "address")
    key = ("name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    event = ("kind", "address", "user_agent", "created_at")
    shop = ("id", "name", "slug", "description", "status", "created_at")
    return {
        "profile": {name: getattr(user, name) for name in profile},
        "addresses": list(user.addresses.order_by("pk").values(*address)),  # type: ignore[attr-defined]
        "sessions": list(user.sessions.order_by("created_at").values(*session)),  # type: ignore[attr-defined]
        "api_keys": list(user.api_keys.order_by("pk").values(*key)),  # type: ignore[attr-defined]
        "security_events": list(user.security_events.order_by("pk").values(*event)),  # type: ignore[attr-defined]
        "shop": Seller.objects.filter(user=user).values(*shop).first(),
        "webhooks": export_webhooks(owner=seller_audience(user.shop.pk)) if user.shop else [],
    }


@transaction.atomic
def erase_user(*, user: User) -> None:
    """Erases a person: what the law requires is kept in anonymous form. Raises ErasureBlocked, LastAdmin."""
    user = lock_with_admins(user.pk)
    if user.role == ADMIN:
        require_other_admin(user)
    if reasons := [str(reason) for block in registry.ERASURE_BLOCKERS.values() for reason in block(user)]:
        raise ErasureBlocked(reasons=reasons)
    for erase in registry.ERASERS.values():
        erase(user)
    close_shop(user)
    close_sockets(user, "account_closed")
    anonymise(user)
    record(Kind.ERASED, user=user)


def close_shop(user: User) -> None:
    shop = Seller.objects.select_for_update().filter(user=user).first()
    if shop is None:
        return
    if shop.is_active:
        shop = suspend_seller(seller_id=shop.pk)
    forget_webhooks(owner=seller_audience(shop.pk))
    shop.name, shop.slug, shop.description = "Closed shop", f"closed-{new_id()}", ""
    shop.status = Seller.Status.SUSPENDED
    shop.save(update_fields=["name", "slug", "description", "status"])
    if shop.logo:
        replace_logo(seller_id=shop.pk)


def anonymise(user: User) -> None:
    user.email, user.name, user.email_verified_at = f"erased-{new_id()}@erased.invalid", "", None
    user.pending_email, user.locale = "", "en"
    user.is_active = user.is_staff = False
    user.set_role(CUSTOMER)
    user.set_unusable_password()
    user.last_login, user.erased_at = None, timezone.now()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    user.addresses.all().delete()  # type: ignore[attr-defined]
    user.sessions.all().delete()  # type: ignore[attr-defined]
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    forget_keys(user)


def forget_keys(user: User) -> None:
    """Deletes the user's keys with the answers given to them, which may hold addresses."""
    keys = user.api_keys.all()  # type: ignore[attr-defined]
    IdempotencyRecord.objects.filter(
        caller__in=[f"key:{pk}" for pk in keys.values_list("pk", flat=True)]
    ).delete()
    keys.delete()
