"""Events for websocket processes only, never for clients: whose access has ended.

They travel like all events. So each belongs to the transaction that ended the access, reaches every process, and is
caught up with after an outage of Redis or of a process.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.shared.actor import Actor, user_audience
from config.shared.events import log
from config.shared.events.declared import CONTROL, Event

REFUSED, FORBIDDEN = 4401, 4403


@dataclass(frozen=True, kw_only=True)
class AccessEnded(Event, type="access.ended", stream=CONTROL):
    """Closes the open sockets and streams of its audiences with this close code."""

    close_code: int
    code: str


def session_audience(session_id: str) -> str:
    return f"session:{session_id}"


def key_audience(key_id: int) -> str:
    return f"key:{key_id}"


def controls_of(actor: Actor) -> list[str]:
    """The audiences through which an actor's access can be ended; none for a guest, whose access never is."""
    if actor.is_guest:
        return []
    own = [user_audience(actor.user_id)]
    own += [session_audience(actor.session_id)] if actor.session_id else []
    return own + ([key_audience(actor.key_id)] if actor.key_id is not None else [])


def end_access(audiences: Iterable[str], *, code: str, close_code: int = REFUSED) -> None:
    """Closes what these audiences have open, at once. Call it in the transaction that ends their access."""
    if wanted := list(audiences):
        log.append(AccessEnded(close_code=close_code, code=code), audiences=wanted)
