"""Mails. A token is made when the mail is, so none lies in the queue."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.mail_tokens import EMAIL_CHANGE, RESET, VERIFICATION, MailToken
from accounts.models import User

RETRY = RetryStrategy(max_attempts=5, exponential_wait=5)


@app.task(name="accounts.send_verification_mail", queue="default", retry=RETRY)
def send_verification_mail(user_id: int) -> None:
    user = User.objects.filter(pk=user_id, is_active=True, email_verified_at=None).first()
    if user is not None:
        send(user, VERIFICATION, "verify_email", "Confirm your e-mail address", "verify-email")


@app.task(name="accounts.send_password_reset", queue="default", retry=RETRY)
def send_password_reset(user_id: int | None) -> None:
    """`user_id` is None for an unknown address: asking costs the same, and nobody gets a mail."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        send(user, RESET, "password_reset", "Reset your password", "reset-password")


@app.task(name="accounts.send_email_change", queue="default", retry=RETRY)
def send_email_change(user_id: int) -> None:
    """To the address that is asked for a token, to the present one a warning."""
    user = User.objects.filter(pk=user_id, is_active=True).exclude(pending_email="").first()
    if user is None:
        return
    subject, link = "Confirm your new e-mail address", f"{settings.STOREFRONT_URL}/reset-password"
    warning = render_to_string("accounts/email_change_warning.txt", {"link": link})
    send_mail("Your e-mail address is about to change", warning, None, [user.email])
    send(user, EMAIL_CHANGE, "email_change", subject, "change-email", to=user.pending_email)


def send(user: User, kind: MailToken, template: str, subject: str, page: str, *, to: str = "") -> None:
    token = kind.make(user)
    link = f"{settings.STOREFRONT_URL}/{page}?{urlencode({'token': token})}"
    text = render_to_string(f"accounts/{template}.txt", {"link": link, "token": token})
    send_mail(subject, text, None, [to or user.email])
