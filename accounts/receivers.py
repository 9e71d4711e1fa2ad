"""Reactions to accounts' own signals, and what it hands to the registry."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.services import export_account, prune_sessions
from accounts.signals import user_registered
from accounts.tasks import send_verification_mail
from config.shared import registry

registry.EXPORTERS["accounts"] = export_account
registry.PRUNERS["sessions"] = prune_sessions


@receiver(user_registered)
def ask_to_verify(sender: Any, user: User, **kwargs: Any) -> None:
    send_verification_mail.defer(user_id=user.pk)
