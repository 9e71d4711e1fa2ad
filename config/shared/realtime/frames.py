"""What goes over a wire, encoded once for all who get it."""

from functools import cached_property
from typing import Any

from django.utils import timezone
from websockets.frames import Frame as Message
from websockets.frames import Opcode

from config.shared.encoding import to_json
from config.shared.events.log import Placed


class Frame:
    """One frame `{"type", "id", "at", "data"}` in the forms that the transports take; `position` is its cursor."""

    def __init__(self, content: dict[str, Any], position: int) -> None:
        self.type, self.position = content["type"], position
        self.body = to_json(content)

    @property
    def text(self) -> str:
        return self.body.decode()

    @cached_property
    def message(self) -> bytes:
        """A whole unfragmented message of a server, as RFC 6455 has it: no mask, so the same for everybody."""
        return Message(Opcode.TEXT, self.body).serialize(mask=False)

    @cached_property
    def event(self) -> bytes:
        """As Server-Sent Events have it."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.position, self.type.encode(), self.body)


def of_event(event: Placed) -> Frame:
    return Frame(event.frame(), event.position)


def of_connection(kind: str, cursor: int, data: dict[str, Any]) -> Frame:
    """About the connection itself: `ready`, `resync`, answers."""
    return Frame({"type": kind, "id": str(cursor), "at": timezone.now(), "data": data}, cursor)
