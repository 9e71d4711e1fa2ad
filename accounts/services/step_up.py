"""The second factor: TOTP, its recovery codes, and the step-up that lasts a few minutes.

django-otp checks the codes. Its rows are locked meanwhile, so of concurrent uses of a code only one succeeds, and after
a failure the next attempt has to wait 1, 2, 4, 8… seconds, whoever makes it.
"""

import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeAlias

import segno
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.errors import AlreadyEnrolled, NotEnrolled, StepUpRequired, TooManyCodes
from accounts.models import Session, User
from accounts.models.security import Kind
from accounts.services.trail import record
from config.shared.actor import Actor
from config.shared.errors import invalid

LASTS = timedelta(minutes=5)
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
Device: TypeAlias = TOTPDevice | StaticDevice


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: a secret to type in, a link to open, a code to scan."""

    secret: str
    uri: str
    qr: str


def has_stepped_up(actor: Actor) -> bool:
    """False for a person who is enrolled and has not proven a code within the last minutes.

    A key passes: making it required the step-up, and its scopes limit it. A guest has no second factor.
    """
    if actor.is_guest or actor.key_id is not None:
        return True
    is_fresh = actor.stepped_up_until is not None and actor.stepped_up_until > timezone.now()
    return is_fresh or not is_enrolled(actor.user)


def require_step_up(actor: Actor) -> None:
    """Raises StepUpRequired; a view that always needs it lists `accounts.permissions.SteppedUp` instead."""
    if not has_stepped_up(actor):
        raise StepUpRequired


def is_enrolled(user: User) -> bool:
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def recovery_codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user_id=user.pk).count()


@transaction.atomic
def enrol_in_totp(*, user: User) -> Enrolment:
    """Makes a secret that takes effect once a code confirms it; replaces an unconfirmed one. Raises AlreadyEnrolled."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if is_enrolled(user):
        raise AlreadyEnrolled
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, name="Authenticator app", confirmed=False)
    qr = segno.make(device.config_url, error="m").svg_data_uri(scale=4)
    return Enrolment(b32encode(device.bin_key).decode(), device.config_url, qr)


def confirm_totp(*, user: User, code: str, session_id: str) -> list[str]:
    """Puts the secret into force; returns the recovery codes, which are not shown again. The session has stepped up.

    Raises NotEnrolled (also if it is in force already), TooManyCodes, 400 at /code.
    """
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        codes = put_in_force(device, session_id) if accepts(device, code) else []
    if not codes:
        raise refused(user)
    return codes


def put_in_force(device: TOTPDevice, session_id: str) -> list[str]:
    """Confirms the device; needs its lock."""
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    StaticDevice.objects.filter(user=device.user).delete()
    static = StaticDevice.objects.create(user=device.user, name="Recovery codes")
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=static, token=stored(code)) for code in codes)
    mark_stepped_up(session_id)
    record(Kind.TOTP_ENROLLED, user=device.user)
    return codes


@transaction.atomic
def remove_totp(*, user: User, by: User | None = None) -> None:
    """Removes the second factor. The caller must have required the step-up. Raises NotEnrolled."""
    was_enrolled = is_enrolled(user)
    if not TOTPDevice.objects.filter(user=user).delete()[0]:
        raise NotEnrolled
    StaticDevice.objects.filter(user=user).delete()
    Session.objects.filter(user=user).update(stepped_up_until=None)
    if was_enrolled:
        record(Kind.TOTP_REMOVED, user=user, by=by)


def step_up(*, user: User, code: str, session_id: str) -> datetime:
    """Accepts a code of the app, or a recovery code; returns when the step-up ends. Raises as `verify_code` does."""
    verify_code(user=user, code=code)
    return mark_stepped_up(session_id)


def mark_stepped_up(session_id: str) -> datetime:
    until = timezone.now() + LASTS
    Session.objects.filter(pk=session_id).update(stepped_up_until=until)
    return until


def verify_code(*, user: User, code: str) -> Device:
    """Spends the code and returns its device. Raises NotEnrolled, TooManyCodes, 400 at /code.

    A refusal is raised after the transaction, so that the failure stays counted.
    """
    is_totp = code.isdecimal()
    with transaction.atomic():
        model = TOTPDevice if is_totp else StaticDevice
        device = model.objects.select_for_update().filter(user=user, confirmed=True).first()
        is_good = accepts(device, code if is_totp else stored(code))
        if is_good and not is_totp:
            record(Kind.RECOVERY_CODE_USED, user=user)
    if not is_good:
        raise refused(user)
    return device


def accepts(device: Device | None, code: str) -> bool:
    """Whether the code is valid; needs the device's lock."""
    if device is None:
        raise NotEnrolled
    allowed, state = device.verify_is_allowed()
    if not allowed:
        raise TooManyCodes(retry_after=1 + int((state["locked_until"] - timezone.now()).total_seconds()))
    return device.verify_token(code)


def refused(user: User) -> Exception:
    record(Kind.STEP_UP_FAILED, user=user)
    return invalid("code", "This code is wrong, or was used already.", "wrong_code")


def new_recovery_code() -> str:
    """79 bits, in four groups."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def stored(code: str) -> str:
    """A digest that fits the library's column; the code itself is not stored."""
    plain = code.lower().replace("-", "").replace(" ", "")
    return b32encode(sha256(plain.encode()).digest()).decode()[:16]
