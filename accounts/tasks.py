"""Mails. A token is made when the mail is, so none lies in the queue."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.mail_tokens import RESET, VERIFICATION, MailToken
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


def send(user: User, kind: MailToken, template: str, subject: str, page: str) -> None:
    token = kind.make(user)
    link = f"{settings.STOREFRONT_URL}/{page}?{urlencode({'token': token})}"
    text = render_to_string(f"accounts/{template}.txt", {"link": link, "token": token})
    send_mail(subject, text, None, [user.email])
