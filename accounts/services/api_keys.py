"""Keys with which a program acts for its owner."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.errors import TooManyKeys
from accounts.models import ApiKey, User
from accounts.models.security import Kind
from accounts.services.trail import record
from config.shared.actor import digest

BEGINNING = "sk_souk_"
SHOWN = len(BEGINNING) + 6  # characters of a key that stay visible, to recognise it
MAX_KEYS = 20  # per user
USE_IS_NOTED = timedelta(minutes=1)
KEPT_AFTER_END = timedelta(days=90)


@transaction.atomic
def create_api_key(
    *, user: User, name: str, scopes: Collection[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Makes a new key for the user; returns it with its text, which is not stored. Raises TooManyKeys."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.api_keys.open().count() >= MAX_KEYS:  # type: ignore[attr-defined]
        raise TooManyKeys
    text = BEGINNING + get_random_string(40)
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=text[:SHOWN],
        digest=digest(text),
        scopes=sorted(set(scopes)),
        role=user.role,
        expires_at=expires_at,
    )
    record(Kind.API_KEY_CREATED, user=user, key=key.prefix, scopes=key.scopes)
    return key, text


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User | None = None) -> None:
    """Ends the key at once. Revoking it again changes nothing."""
    if ApiKey.objects.filter(pk=key.pk).revoke():
        record(Kind.API_KEY_REVOKED, user=key.user, by=by, key=key.prefix)


def note_use(*, key: ApiKey) -> None:
    """Records that a key was used, at most once a minute."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USE_IS_NOTED:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


@transaction.atomic
def prune_api_keys() -> int:
    """Removes keys that were revoked or expired a while ago; returns how many."""
    limit = timezone.now() - KEPT_AFTER_END
    return ApiKey.objects.filter(Q(revoked_at__lt=limit) | Q(expires_at__lt=limit)).delete()[0]
