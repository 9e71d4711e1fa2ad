"""The audit trail: who did what to which account, from where. No secrets, and only a digest of unknown people."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import SecurityEvent, User
from accounts.models.security import Kind
from config.shared.requests import CURRENT, address_of

KEPT_AT_LEAST = timedelta(days=30)  # the trigger's own limit: nobody can remove younger lines


def record(
    kind: Kind, *, user: User | None = None, by: User | None = None, email: str = "", **details: Any
) -> None:
    """Adds a line about `user`, or about the owner of an `email` that may have none.

    `by` is the person who acted if that is not the user. Call it in the transaction of the act; record a refusal
    outside any transaction, so that it is not rolled back.
    """
    if user is None and email:
        user = User.objects.filter(email=email).only("pk").first()
    SecurityEvent.objects.create(
        kind=kind,
        user=user,
        by=None if by == user else by,
        subject=subject_of(email) if user is None and email else "",
        details=details,
        **where_from(),
    )


def subject_of(email: str) -> str:
    """A keyed digest that distinguishes unknown addresses without revealing them, even to guessing."""
    return salted_hmac("accounts.trail", email, algorithm="sha256").hexdigest()


def where_from() -> dict[str, Any]:
    """Address, user agent and id of the request being answered; empty in a command or a job."""
    request = CURRENT.get()
    if request is None:
        return {}
    return {
        "address": storable(address_of(request)),
        "user_agent": request.headers.get("User-Agent", "").replace("\x00", "")[:255],
        "request_id": getattr(request, "id", ""),
    }


def storable(address: str) -> str | None:
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return None


@transaction.atomic
def prune_security_events() -> int:
    """Removes lines older than the retention; returns how many. Only this transaction may bypass the trigger."""
    limit = timezone.now() - max(settings.SECURITY_EVENT_RETENTION, KEPT_AT_LEAST)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('souk.prune_security_events', 'on', true)")
        count = SecurityEvent.objects.filter(created_at__lt=limit).delete()[0]
        cursor.execute("SELECT set_config('souk.prune_security_events', '', true)")
    return count
