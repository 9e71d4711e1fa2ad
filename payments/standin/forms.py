"""Stripe's form encoding: brackets in names express nesting."""

import re
from typing import Any
from urllib.parse import parse_qsl

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class MalformedForm(ValueError):
    """A name whose brackets do not match, or that is both a value and a mapping."""


def parse(encoded: bytes | str) -> dict[str, Any]:
    """`a[b]=1&c[]=2` is `{"a": {"b": "1"}, "c": {"0": "2"}}`; converters of lists turn the mapping into one."""
    text = encoded.decode("utf-8", "replace") if isinstance(encoded, bytes) else encoded
    form: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(form, _path(name), value)
    return form


def _path(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise MalformedForm(name)
    return [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]


def _put(form: dict[str, Any], path: list[str], value: str) -> None:
    *parents, last = path
    for key in parents:
        form = form.setdefault(key or str(len(form)), {})
        if not isinstance(form, dict):
            raise MalformedForm("[".join(path))
    form[last or str(len(form))] = value
