"""Why a socket or stream ends: the close codes and their messages."""

import random
from typing import Any

from config.shared.events.control import AccessEnded
from config.shared.events.log import Placed

RESTART, BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN = 4001, 4400, 4401, 4403
NO_SUCH_PATH, TOO_SLOW, TOO_MANY, TRY_LATER = 4404, 4408, 4429, 1013
SPREAD = 5000  # milliseconds over which clients' returns are spread after a restart
PATIENCE = 30  # seconds after which a refused client may try to connect again


class Refused(Exception):
    """Ends a connection with a close code, after an `error` frame with the reason; `members` are added to its `code`."""

    def __init__(self, close_code: int, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.close_code, self.code, self.detail, self.members = close_code, code, detail, members

    @property
    def frame(self) -> dict[str, Any]:
        return {"type": "error", "data": {"code": self.code, "detail": self.detail, **self.members}}


def too_slow() -> Refused:
    return Refused(TOO_SLOW, "too_slow", "Frames were not read in time: resume from your cursor.")


def not_there() -> Refused:
    return Refused(BAD_REQUEST, "not_found", "One of the products does not exist.")


def too_many() -> Refused:
    detail = "Too many connections are open: close some, or try again later."
    return Refused(TOO_MANY, "too_many_connections", detail, retry_after_ms=PATIENCE * 1000)


def restart() -> Refused:
    """Gives each client a random delay, so that they do not all come back at once."""
    wait = random.randrange(SPREAD)  # noqa: S311
    return Refused(RESTART, "restart", "The server restarts: resume from your cursor.", retry_after_ms=wait)


def expired() -> Refused:
    return Refused(UNAUTHENTICATED, "token_expired", "The token has expired: connect with a new one.")


def unauthenticated() -> Refused:
    return Refused(UNAUTHENTICATED, "not_authenticated", "A valid ticket or bearer token is needed.")


REASONS = {
    "session_ended": "The session has ended: log in again.",
    "role_changed": "The role has changed: connect with a new token.",
    "account_closed": "The account is closed.",
    "key_revoked": "The API key was revoked.",
    "shop_suspended": "The shop was suspended.",
}


def access_ended(event: Placed) -> Refused:
    told = AccessEnded(**event.data)
    return Refused(told.close_code, told.code, REASONS.get(told.code, "Access has ended."))
