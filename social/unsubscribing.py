"""The tokens in mails that end mails: signed, good for one user and kind, and for nothing else.

They do not expire, for an old mail's link has to work (RFC 8058); using one again changes nothing.
"""

from django.core import signing

from config.shared.errors import invalid

SALT = "social.unsubscribe"
DIGEST = "digest"


def make_token(user_id: int, kind: str) -> str:
    """`kind` is one of Notification.Kind, or DIGEST for all that a digest holds."""
    return signing.dumps([user_id, kind], salt=SALT)


def read_token(token: str) -> tuple[int, str]:
    """Raises 400 at /token."""
    try:
        user_id, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise invalid("token", "This token is not one of ours.", "token_invalid") from None
    return user_id, kind
