"""Signed unsubscribe tokens in mails, each valid for one user and kind only.

They do not expire, because an old mail's link must work (RFC 8058); using one again changes nothing.
"""

from django.core import signing

from config.shared.errors import invalid

SALT = "social.unsubscribe"
DIGEST = "digest"


def make_token(user_id: int, kind: str) -> str:
    """`kind` is a Notification.Kind, or DIGEST for all kinds that a digest may contain."""
    return signing.dumps([user_id, kind], salt=SALT)


def read_token(token: str) -> tuple[int, str]:
    """Raises 400 at /token."""
    try:
        user_id, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise invalid("token", "This token is not one of ours.", "token_invalid") from None
    return user_id, kind
