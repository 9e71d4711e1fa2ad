"""An event of any declared type, made from its fields."""

import dataclasses
import typing
from types import UnionType
from typing import Any

from config.shared.events.declared import Event

VALUES = {str: "7", int: 3, bool: True, dict: {}}


def example(event: type[Event]) -> Event:
    hints = typing.get_type_hints(event)
    return event(**{field.name: value_of(hints[field.name]) for field in dataclasses.fields(event)})


def value_of(hint: Any) -> Any:
    if isinstance(hint, UnionType):
        return value_of(typing.get_args(hint)[0])
    return [] if typing.get_origin(hint) is list else VALUES[typing.get_origin(hint) or hint]
