"""Reactions to signals of accounts, and what accounts registers in the registry."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from accounts.desk import mark_stepped_up
from accounts.models import Seller, User
from accounts.models.security import Kind
from accounts.services import export_account, prune_api_keys, prune_security_events, prune_sessions, record
from accounts.signals import seller_approved, seller_suspended, user_registered
from accounts.tasks import send_verification_mail, send_webhook_notice
from config.shared import registry
from config.shared.actor import seller_audience
from config.shared.webhooks.services import pause_webhooks, resume_webhooks
from config.shared.webhooks.signals import webhook_disabled

registry.EXPORTERS["accounts"] = export_account
registry.PRUNERS["sessions"] = prune_sessions
registry.PRUNERS["api_keys"] = prune_api_keys
registry.PRUNERS["security_events"] = prune_security_events


@receiver(user_registered)
def ask_to_verify(sender: Any, user: User, **kwargs: Any) -> None:
    send_verification_mail.defer(user_id=user.pk)


@receiver(user_logged_in)
def record_log_in(sender: Any, user: User, request: Any = None, **kwargs: Any) -> None:
    """Django's own signal, which only the admin site's log-in sends."""
    record(Kind.LOGGED_IN, user=user, at="admin site")
    if getattr(user, "otp_device", None) is not None:
        mark_stepped_up(request)


@receiver(seller_suspended)
def pause_their_webhooks(seller: Seller, **kwargs: Any) -> None:
    pause_webhooks(owner=seller_audience(seller.pk))


@receiver(seller_approved)
def resume_their_webhooks(seller: Seller, **kwargs: Any) -> None:
    resume_webhooks(owner=seller_audience(seller.pk))


@receiver(webhook_disabled)
def tell_the_owner(endpoint: Any, **kwargs: Any) -> None:
    send_webhook_notice.defer(webhook_id=endpoint.pk)
