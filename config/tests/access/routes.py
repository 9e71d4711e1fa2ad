"""What the URL resolver knows: each route and method under `/api/v1`, with the view that answers."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLResolver, get_resolver

BASE = "api/v1"
GENERIC = {"head", "options"}  # what each view answers by itself
Act = tuple[str, str]  # method, shape


def shape_of(path: str) -> str:
    """A route without the names of its parameters, so that the table's and the resolver's can be compared."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path.partition("?")[0])


def all_patterns(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from all_patterns(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def methods_of(callback: Any) -> set[str]:
    """A view set's are those that its route maps, another view's those that it has handlers for."""
    actions = getattr(callback, "actions", None)
    names = actions or [name for name in callback.cls.http_method_names if hasattr(callback.cls, name)]
    return {name.upper() for name in names if name not in GENERIC}


@cache
def all_acts() -> dict[Act, Any]:
    """Method and shape → view class."""
    return {
        (method, shape_of(path.removeprefix(BASE).removeprefix("/"))): callback.cls
        for path, callback in all_patterns(get_resolver().url_patterns)
        if path.split("/")[:2] == BASE.split("/")
        for method in methods_of(callback)
    }
