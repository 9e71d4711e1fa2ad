"""Frames as they are sent, encoded once for all recipients."""

from functools import cached_property
from typing import Any

from django.utils import timezone
from websockets.frames import Frame as Message
from websockets.frames import Opcode

from config.shared.encoding import to_json
from config.shared.events.log import Placed


class Frame:
    """One frame `{"type", "id", "at", "data"}` in the encoding of each transport; `position` is its cursor."""

    def __init__(self, content: dict[str, Any], position: int) -> None:
        self.type, self.position = content["type"], position
        self.body = to_json(content)

    @property
    def text(self) -> str:
        return self.body.decode()

    @cached_property
    def message(self) -> bytes:
        """A whole unfragmented RFC 6455 message of a server: unmasked, so the same bytes for every client."""
        return Message(Opcode.TEXT, self.body).serialize(mask=False)

    @cached_property
    def event(self) -> bytes:
        """The frame as a Server-Sent Event."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.position, self.type.encode(), self.body)


def of_event(event: Placed) -> Frame:
    return Frame(event.frame(), event.position)


def of_connection(kind: str, cursor: int, data: dict[str, Any]) -> Frame:
    """A frame about the connection itself: `ready`, `resync`, answers."""
    return Frame({"type": kind, "id": str(cursor), "at": timezone.now(), "data": data}, cursor)
