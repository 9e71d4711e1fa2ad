"""The tokens in mails: signed, expiring, and invalid once they have been used."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from config.shared.errors import invalid


@dataclass(frozen=True)
class MailToken:
    """`state` is what using the token changes, so that each token works once."""

    salt: str
    lifetime: timedelta
    state: Callable[[User], str]

    def make(self, user: User) -> str:
        return signing.dumps([user.pk, self.proof(user)], salt=self.salt)

    def owner(self, token: str) -> User:
        """The user for whom the token was made, their row locked: needs a transaction. Raises 400 at /token."""
        user_id, proof = self.unsigned(token)
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
        if user is None or not constant_time_compare(proof, self.proof(user)):
            raise invalid("token", "This token was used already or is no longer good.", "token_invalid")
        return user

    def unsigned(self, token: str) -> tuple[int, str]:
        try:
            user_id, proof = signing.loads(token, salt=self.salt, max_age=self.lifetime)
        except signing.SignatureExpired:
            raise invalid("token", "This token has expired: ask for a new one.", "token_expired") from None
        except signing.BadSignature:
            raise invalid("token", "This token is not one of ours.", "token_invalid") from None
        return user_id, proof

    def proof(self, user: User) -> str:
        return salted_hmac(self.salt, f"{user.pk} {self.state(user)}", algorithm="sha256").hexdigest()


VERIFICATION = MailToken(
    "accounts.verify-email", timedelta(days=3), lambda user: f"{user.email} {user.email_verified_at}"
)
RESET = MailToken("accounts.reset-password", timedelta(hours=1), lambda user: f"{user.email} {user.password}")
EMAIL_CHANGE = MailToken(
    "accounts.change-email",
    timedelta(hours=1),
    lambda user: f"{user.email} {user.pending_email} {user.password}",
)
