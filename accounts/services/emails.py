"""Changing the e-mail address: a new one takes effect once somebody who reads its mail has confirmed it."""

from django.db import transaction
from django.utils import timezone

from accounts import lockout
from accounts.errors import EmailTaken
from accounts.mail_tokens import EMAIL_CHANGE
from accounts.models import User
from accounts.models.security import Kind
from accounts.services.credentials import confirm_password
from accounts.services.sessions import Origin
from accounts.services.trail import record
from accounts.signals import email_verified
from accounts.tasks import send_email_change
from config.shared.errors import invalid


def ask_email_change(*, user: User, email: str, password: str, origin: Origin) -> None:
    """Sends a token to the new address and a warning to the present one; beyond a few mails an hour, sends nothing.

    Raises 400 at /email or /password, EmailTaken, LockedOut as a log-in does.
    """
    confirm_password(user=user, password=password, origin=origin, pointer="password", at="e-mail change")
    if email == user.email:
        raise invalid("email", "This is your e-mail address already.", "unchanged")
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    if lockout.admits_mail(kind="email-change", email=user.email):
        remember_wish(user, email)


@transaction.atomic
def remember_wish(user: User, email: str) -> None:
    user.pending_email = email
    user.save(update_fields=["pending_email"])
    record(Kind.EMAIL_CHANGE_ASKED, user=user)
    send_email_change.defer(user_id=user.pk)


@transaction.atomic
def change_email(*, token: str, origin: Origin) -> None:
    """Changes the address by the token mailed to it, and spends it. Raises 400 at /token, IntegrityError (409)."""
    user = EMAIL_CHANGE.owner(token)
    user.email, user.pending_email, user.email_verified_at = user.pending_email, "", timezone.now()
    user.save(update_fields=["email", "pending_email", "email_verified_at"])
    record(Kind.EMAIL_CHANGED, user=user)
    email_verified.send(sender=User, user=user)
    transaction.on_commit(lambda: lockout.remember(email=user.email, address=origin.address), robust=True)
