"""New users, and the verification of their e-mail addresses."""

from django.db import transaction
from django.utils import timezone

from accounts import lockout
from accounts.errors import AlreadyVerified
from accounts.mail_tokens import VERIFICATION
from accounts.models import User
from accounts.models.security import Kind
from accounts.services.credentials import check_rules, set_password
from accounts.services.sessions import Origin, close_sockets, start_session
from accounts.services.trail import record
from accounts.signals import email_verified, user_registered
from accounts.tasks import send_verification_mail
from accounts.tokens import TokenPair
from config.shared.actor import ADMIN


@transaction.atomic
def register_user(*, email: str, password: str, name: str, origin: Origin) -> tuple[User, TokenPair]:
    """Makes a new customer and a first session. Raises 400 at /password, IntegrityError (409) for a taken address."""
    check_rules(password, User(email=email, name=name), pointer="password")
    user = User.objects.create_user(email, password, name=name)
    user_registered.send(sender=User, user=user)
    transaction.on_commit(lambda: lockout.remember(email=email, address=origin.address), robust=True)
    return user, start_session(user=user, origin=origin)


@transaction.atomic
def verify_email(*, token: str) -> User:
    """Marks the address as verified. Raises 400 at /token."""
    user = VERIFICATION.owner(token)
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at"])
    record(Kind.EMAIL_VERIFIED, user=user)
    email_verified.send(sender=User, user=user)
    return user


def resend_verification(*, user: User) -> None:
    """Sends the mail again. Raises AlreadyVerified; beyond a few mails an hour, sends nothing."""
    if user.email_verified:
        raise AlreadyVerified
    if lockout.admits_mail(kind="verify", email=user.email):
        send_verification_mail.defer(user_id=user.pk)


@transaction.atomic
def create_admin(*, email: str, password: str) -> tuple[User, bool]:
    """Makes an administrator, or promotes an existing user, ending their sessions; returns whether the user is new."""
    user = User.objects.select_for_update(no_key=True).filter(email=email).first()
    check_rules(password, user or User(email=email), pointer="password")
    if user is None:
        verified = timezone.now()
        user = User.objects.create_superuser(email, password, name="Admin", email_verified_at=verified)
        record(Kind.ROLE_CHANGED, user=user, after=ADMIN, at="command line")
        return user, True
    record(Kind.ROLE_CHANGED, user=user, before=user.role, after=ADMIN, at="command line")
    close_sockets(user, "role_changed")
    user.set_role(ADMIN)
    user.is_active = True
    user.save(update_fields=["role", "is_staff", "is_superuser", "is_active"])
    set_password(user=user, password=password)
    return user, False
