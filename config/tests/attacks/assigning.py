"""Sends a row's body with every field that is not the caller's to set, and tells what came of it."""

import json
from copy import deepcopy
from typing import Any

from config.tests.access.acting import filled, send_raw, undone
from config.tests.access.row import Row
from config.tests.access.world import World
from config.tests.attacks.bodies import at, places
from config.tests.attacks.fields import Masks, all_rows, rewind_sequences

ROUNDS = 6  # a refusal names what it refuses; what it does not name is sent again without the rest
FREE = {"attributes", "options", "shipping"}  # objects whose names are the client's
Extra = dict[tuple[tuple[Any, ...], str], Any]  # (way to an object of the body, name) → value


def assign(row: Row, world: World, wished: dict[str, Any], masks: Masks) -> str:
    """What went wrong; "" when every field was refused or ignored."""
    caller, body = row.allowed[0], filled(row.body or {}, world.names)
    extra: Extra = {
        (path, name): value
        for path in objects_of(body)
        for name, value in wished.items()
        if name not in at(body, path)
    }
    for _ in range(ROUNDS):
        response, rows = run(row, world, caller, with_extra(body, extra))
        if response.status_code < 400:
            return compared(rows, run(row, world, caller, body)[1], masks)
        left = without_refused(extra, response)
        if response.status_code != 400 or left == extra:
            return f"{response.status_code} {response.content[:300]!r}"
        extra = left
    return f"refused for {ROUNDS} rounds: {sorted({name for _, name in extra})}"


def objects_of(body: Any) -> list[tuple[Any, ...]]:
    """The ways to all objects in a body whose members the service names."""
    inner = [path for path in places(body) if isinstance(at(body, path), dict)]
    return [(), *(path for path in inner if path[-1] not in FREE and "currency" not in at(body, path))]


def with_extra(body: Any, extra: Extra) -> Any:
    copy = deepcopy(body)
    for (path, name), value in extra.items():
        at(copy, path)[name] = value
    return copy


def run(row: Row, world: World, caller: str, body: Any) -> tuple[Any, Any]:
    with undone():
        rewind_sequences()
        response = send_raw(row, world, caller, json.dumps(body).encode())
        return response, all_rows() if response.status_code < 400 else None


def without_refused(extra: Extra, response: Any) -> Extra:
    """Less what the problem names, and less what it says may be set."""
    left = dict(extra)
    for error in response.json().get("errors", []):
        *way, name = [int(part) if part.isdecimal() else part for part in error["pointer"].split("/")[1:]]
        left.pop((tuple(way), name), None)
        if error["code"] == "unknown_field":
            known = error["detail"].partition("known are: ")[2].rstrip(".").split(", ")
            left = {key: value for key, value in left.items() if key[0] != tuple(way) or key[1] not in known}
    return left


def compared(rows: Any, honest: Any, masks: Masks) -> str:
    """The rows that an honest request would not have left behind, and those that it would; nearly all are the same."""
    attacked, expected = masks.rows(rows - honest), masks.rows(honest - rows)
    return "; ".join(
        [*(f"+ {one}" for one in attacked - expected), *(f"- {one}" for one in expected - attacked)]
    )
