"""Mails. A token is made together with its mail, so that no token lies in the queue."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.mail_tokens import EMAIL_CHANGE, RESET, VERIFICATION, MailToken
from accounts.models import User
from config.shared.actor import ADMIN_AUDIENCE
from config.shared.models import WebhookEndpoint

RETRY = RetryStrategy(max_attempts=5, exponential_wait=5)


@app.task(name="accounts.send_verification_mail", queue="default", retry=RETRY)
def send_verification_mail(user_id: int) -> None:
    user = User.objects.filter(pk=user_id, is_active=True, email_verified_at=None).first()
    if user is not None:
        send(user, VERIFICATION, "verify_email", "Confirm your e-mail address", "verify-email")


@app.task(name="accounts.send_password_reset", queue="default", retry=RETRY)
def send_password_reset(user_id: int | None) -> None:
    """`user_id` is None for an unknown address: the request then costs the same, but no mail is sent."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        send(user, RESET, "password_reset", "Reset your password", "reset-password")


@app.task(name="accounts.send_email_change", queue="default", retry=RETRY)
def send_email_change(user_id: int) -> None:
    """Sends a token to the new address, and a warning to the present one."""
    user = User.objects.filter(pk=user_id, is_active=True).exclude(pending_email="").first()
    if user is None:
        return
    subject, link = "Confirm your new e-mail address", f"{settings.STOREFRONT_URL}/reset-password"
    warning = render_to_string("accounts/email_change_warning.txt", {"link": link})
    send_mail("Your e-mail address is about to change", warning, None, [user.email])
    send(user, EMAIL_CHANGE, "email_change", subject, "change-email", to=user.pending_email)


@app.task(name="accounts.send_webhook_notice", queue="default", retry=RETRY)
def send_webhook_notice(webhook_id: int) -> None:
    """Tells the shop's owner, or the administrators, that their webhook was disabled."""
    webhook = WebhookEndpoint.objects.filter(pk=webhook_id, disabled_at__isnull=False).first()
    if webhook is not None:
        text = render_to_string("accounts/webhook_disabled.txt", {"webhook": webhook})
        for email in emails_of(webhook.owner):
            send_mail("A webhook was switched off", text, None, [email])


def emails_of(owner: str) -> list[str]:
    """`owner` is an audience: `admin` or `seller:<id>`."""
    people = User.objects.filter(is_active=True)
    concerned = people.admins() if owner == ADMIN_AUDIENCE else people.filter(seller=owner.partition(":")[2])
    return list(concerned.order_by("pk").values_list("email", flat=True))


def send(user: User, kind: MailToken, template: str, subject: str, page: str, *, to: str = "") -> None:
    token = kind.make(user)
    link = f"{settings.STOREFRONT_URL}/{page}?{urlencode({'token': token})}"
    text = render_to_string(f"accounts/{template}.txt", {"link": link, "token": token})
    send_mail(subject, text, None, [to or user.email])
