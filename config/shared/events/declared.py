"""The typed events: each is declared once, as a dataclass; the log accepts nothing else."""

import dataclasses
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar

EVENT_TYPES: dict[str, type["Event"]] = {}
CONTROL = "control"  # the stream that only websocket processes read


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. Fields are ids, states and quantities, never personal data.

        @dataclass(frozen=True, kw_only=True)
        class OrderPlaced(Event, type="order.placed", stream="orders"):
            order: str
            status: str

    `stream` names the websocket that carries it. Raise `version` when a field changes its meaning. An event declared
    with `is_last=True` is the last that its audiences' listeners get: those who still have access must subscribe again.
    """

    type: ClassVar[str]
    stream: ClassVar[str]
    version: ClassVar[int] = 1
    is_last: ClassVar[bool] = False

    def __init_subclass__(cls, *, type: str, stream: str, version: int = 1, is_last: bool = False) -> None:
        cls.type, cls.stream, cls.version, cls.is_last = type, stream, version, is_last
        if EVENT_TYPES.setdefault(type, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"Event type {type} is declared twice.")

    @property
    def data(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def told_types() -> dict[str, type[Event]]:
    """The event types that clients can receive."""
    return {name: event for name, event in EVENT_TYPES.items() if event.stream != CONTROL}


def is_last(kind: str) -> bool:
    """Whether this type ends its listeners' subscriptions; False for a type that this version does not know."""
    return kind in EVENT_TYPES and EVENT_TYPES[kind].is_last


def all_streams() -> list[str]:
    return sorted({event.stream for event in told_types().values()})


JSON_TYPES: dict[Any, str] = {str: "string", int: "integer", bool: "boolean", types.NoneType: "null"}


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON schema of an event's `data`, from its fields."""
    hints = typing.get_type_hints(event)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(event)}
    return {
        "type": "object",
        "required": list(fields),
        "properties": {name: json_type(hint) for name, hint in fields.items()},
    }


def json_type(hint: Any) -> dict[str, Any]:
    if hint in JSON_TYPES:
        return {"type": JSON_TYPES[hint]}
    if typing.get_origin(hint) is list:
        return {"type": "array", "items": json_type(typing.get_args(hint)[0])}
    if isinstance(hint, types.UnionType):
        return {"type": [JSON_TYPES[part] for part in typing.get_args(hint)]}
    return {"type": "object"}
