"""Codes as an authenticator app shows them."""

from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice


def code_now(key, steps=0):
    totp = TOTP(key, 30, 0, 6, 0)
    totp.time = timezone.now().timestamp() + 30 * steps
    return f"{totp.token():06}"


def fresh(user, steps=0):
    return {"code": code_now(TOTPDevice.objects.get(user=user).bin_key, steps)}
