"""Stripe's lists: cursors by id, newest first."""

from collections.abc import Mapping
from typing import Any

from . import objects
from .call import Call
from .errors import invalid
from .events import public
from .store import Object

DEFAULT_LIMIT, MAXIMUM_LIMIT = 10, 100


def list_of_page(call: Call, kind: str, url: str, *, where: Mapping[str, Any]) -> Object:
    found, has_more = call.store.page(
        kind,
        call.account,
        where={name: value for name, value in where.items() if value is not None},
        created={
            bound: moment for bound, moment in call.params.get("created", {}).items() if moment is not None
        },
        limit=_limit(call),
        after=_cursor(call, kind, "starting_after"),
        before=_cursor(call, kind, "ending_before"),
    )
    return as_list(found, url, has_more=has_more)


def as_list(found: list[Object], url: str, *, has_more: bool = False) -> Object:
    return {"object": "list", "data": [public(each) for each in found], "has_more": has_more, "url": url}


def _limit(call: Call) -> int:
    limit: int | None = call.params.get("limit")
    if limit is None:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAXIMUM_LIMIT:
        bound = "less than or equal to 100" if limit > MAXIMUM_LIMIT else "greater than or equal to 1"
        raise invalid(f"This value must be {bound}.", code="parameter_invalid_integer", param="limit")
    return limit


def _cursor(call: Call, kind: str, name: str) -> str | None:
    identifier = call.params.get(name)
    return objects.get(call, kind, identifier, param=name)["id"] if identifier else None
