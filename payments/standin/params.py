"""Checks parameters: which ones a call accepts, of which type, with Stripe's messages if they do not fit.

A converter takes the raw form value and its name, and returns the typed value. An empty string unsets: it becomes None.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import invalid

Converter = Callable[[Any, str], Any]
Spec = Mapping[str, Converter]

# Within SQLite's 64 bits.
_INTEGER = re.compile(r"-?[0-9]{1,18}")
METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


def check(raw: Mapping[str, Any], accepts: Spec, requires: tuple[str, ...] = ()) -> dict[str, Any]:
    for name in requires:
        _require(raw, name)
    return _fields(raw, accepts, "")


def text(raw: Any, name: str) -> str | None:
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {raw}", param=name)
    return raw or None


def integer(raw: Any, name: str) -> int | None:
    if raw == "":
        return None
    if not isinstance(raw, str) or not _INTEGER.fullmatch(raw):
        raise invalid(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=name)
    return int(raw)


def flag(raw: Any, name: str) -> bool | None:
    if raw not in ("true", "false", ""):
        raise invalid(f"Invalid boolean: {raw}", param=name)
    return {"true": True, "false": False}.get(raw)


def one_of(*choices: str) -> Converter:
    def convert(raw: Any, name: str) -> str | None:
        if raw != "" and raw not in choices:
            raise invalid(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
        return raw or None

    return convert


def fields(**accepts: Converter) -> Converter:
    """A mapping with these names and no others."""

    def convert(raw: Any, name: str) -> dict[str, Any] | None:
        return None if raw == "" else _fields(_mapping(raw, name), accepts, name)

    return convert


def list_of(convert: Converter) -> Converter:
    def convert_all(raw: Any, name: str) -> list[Any]:
        items = {} if raw == "" else _mapping(raw, name, "array")
        converted = [convert(items[key], f"{name}[{key}]") for key in items]
        return [item for item in converted if item is not None]

    return convert_all


def mapping(raw: Any, name: str) -> dict[str, Any] | None:
    """Nested values of any form, as text: for data that is stored and returned but never read."""
    return None if raw == "" else _mapping(raw, name)


def metadata(raw: Any, name: str) -> dict[str, str] | None:
    given = mapping(raw, name)
    if given and len(given) > METADATA_KEYS:
        raise invalid(f"You can set at most {METADATA_KEYS} keys of metadata.", param=name)
    for key, value in (given or {}).items():
        _check_metadata(key, value, name)
    return given


def merged_metadata(current: Mapping[str, str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Stripe's update rule: keys are merged, an empty value removes its key, an empty `metadata` removes all."""
    return {} if given is None else {key: value for key, value in {**current, **given}.items() if value != ""}


def time_range(raw: Any, name: str) -> dict[str, int | None]:
    """A Unix time, or bounds `gt`, `gte`, `lt`, `lte`."""
    if isinstance(raw, str):
        return {"eq": integer(raw, name)}
    return _fields(raw, dict.fromkeys(("gt", "gte", "lt", "lte"), integer), name)


def _fields(raw: Mapping[str, Any], accepts: Spec, parent: str) -> dict[str, Any]:
    checked = {}
    for key, value in raw.items():
        name = f"{parent}[{key}]" if parent else key
        if key not in accepts:
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        checked[key] = accepts[key](value, name)
    return checked


def _require(raw: Mapping[str, Any], name: str) -> None:
    if name not in raw:
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if raw[name] == "":
        message = f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter."
        raise invalid(message, code="parameter_invalid_empty", param=name)


def _mapping(raw: Any, name: str, expected: str = "object") -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise invalid(f"Invalid {expected}", param=name)
    return raw


def _check_metadata(key: str, value: Any, name: str) -> None:
    if len(key) > METADATA_KEY_LENGTH:
        raise invalid(f"Metadata keys can be at most {METADATA_KEY_LENGTH} characters: {key}", param=name)
    if not isinstance(value, str) or len(value) > METADATA_VALUE_LENGTH:
        raise invalid(
            f"Metadata values must be strings of at most {METADATA_VALUE_LENGTH} characters.", param=name
        )
