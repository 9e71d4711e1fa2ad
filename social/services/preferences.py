"""Users' notification and visibility settings."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from config.shared.errors import invalid
from social.models import CAN_WAIT, Kind, SocialSettings
from social.unsubscribing import DIGEST, read_token


@transaction.atomic
def change_settings(
    *, user: User, kinds: Mapping[str, Mapping[str, bool]] | None = None, **values: Any
) -> SocialSettings:
    """Sets `digest`, `public_name`, `keeps_history`, and the given channels of each kind."""
    row = lock_settings(user.pk)
    for name, value in values.items():
        setattr(row, name, value)
    for kind, channels in (kinds or {}).items():
        row.kinds[kind] = row.kinds.get(kind, {}) | dict(channels)
    row.save()
    return row


def lock_settings(user_id: int) -> SocialSettings:
    """Locks the user's row, created if missing; needs a transaction."""
    SocialSettings.objects.bulk_create([SocialSettings(user_id=user_id)], ignore_conflicts=True)
    return SocialSettings.objects.select_for_update().get(user=user_id)


def unsubscribe(*, token: str) -> list[str]:
    """Turns off the mails that the token covers; returns their kinds. Raises 400 for an invalid token."""
    user_id, named = read_token(token)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise invalid("token", "This token is no longer good.", "token_invalid")
    kinds = kinds_of(named)
    change_settings(user=user, kinds={kind: {"email": False} for kind in kinds})
    return kinds


def kinds_of(named: str) -> list[str]:
    """The kinds that a token covers: one kind, or all that a digest may contain."""
    return (
        sorted(str(kind) for kind in CAN_WAIT)
        if named == DIGEST
        else [str(kind) for kind in Kind if kind == named]
    )
