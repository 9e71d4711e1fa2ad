"""What schemathesis cannot know: how one logs in, and ids of what is there (an invented one is only ever 404).

Loaded by schemathesis.toml. Every other valid case gets ids that this caller's own lists show.
"""

import os
import re
from binascii import crc32
from collections import Counter
from functools import lru_cache
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

from bench.contract import reasons  # noqa: F401  (a check)
from bench.contract.callers import BASE, OWNER, ROLE, Callers

KEY = "Idempotency-Key"
PARAMETER = re.compile(r"\{(\w+)\}")
NAMED = {
    "product": "/api/v1/products", "seller": "/api/v1/sellers", "brand": "/api/v1/brands", "order": "/api/v1/orders",
    "category": "/api/v1/categories", "location": "/api/v1/locations", "review": "/api/v1/products/1/reviews",
}  # fmt: skip
callers = Callers(ROLE)
held = {"token": ""}
FIRST = int(os.environ.get("CASES", "3"))  # of each kind that the coverage phase enumerates
seen: Counter[tuple[Any, ...]] = Counter()

if ROLE != "anonymous":

    @schemathesis.auth()
    class Login:
        def get(self, case: Any, context: Any) -> str:
            held["token"] = callers.token()
            return held["token"]

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Of the thousands of combinations of one body's members, the first few, then the 4th, 8th, 16th, …; 0 takes all."""
    if case.meta is None or case.meta.phase.name.value != "coverage" or not FIRST:
        return True
    told = case.meta.phase.data
    kind = (
        case.operation.label,
        case.meta.generation.mode,
        told.scenario,
        told.parameter_location,
        told.parameter,
    )
    seen[kind] += 1
    return seen[kind] <= FIRST or seen[kind] & (seen[kind] - 1) == 0


@schemathesis.hook
def before_call(context: Any, case: Any, **kwargs: Any) -> None:
    if case.meta is None or case.meta.phase.name.value == "stateful":
        return  # its ids come from the answers before
    if case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
        case.path_parameters = dict(real_parameters(case.path, case.path_parameters))
    if isinstance(case.body, dict) and not case.meta.is_negative_at(ParameterLocation.BODY):
        case.body = {name: real_value(name, value) for name, value in case.body.items()}
    if KEY in (case.headers or {}) and not case.meta.is_negative_at(ParameterLocation.HEADER):
        case.headers[KEY] = uuid4().hex  # one that was used is good for one body alone


def real_parameters(path: str, given: dict[str, Any]) -> dict[str, Any]:
    found = dict(given)
    if crc32(repr(sorted(given.items())).encode()) % 2:
        for match in PARAMETER.finditer(path):
            start = PARAMETER.sub(lambda each: str(found[each[1]]), path[: match.start() - 1])
            found[match[1]] = one_of(ids_in(start), found[match[1]])
    return found


def real_value(name: str, value: Any) -> Any:
    if not isinstance(value, str) or name not in {*NAMED, "variant"} or crc32(value.encode()) % 2:
        return value
    return one_of(variants() if name == "variant" else ids_in(NAMED[name]), value)


def one_of(ids: tuple[str, ...], value: Any) -> Any:
    return ids[crc32(str(value).encode()) % len(ids)] if ids else value


@lru_cache(512)
def ids_in(path: str) -> tuple[str, ...]:
    rows = get(path).get("results", [])
    return tuple(str(row["id"]) for row in rows if row.get("id") and row.get("email") != OWNER)


@lru_cache(1)
def variants() -> tuple[str, ...]:
    details = [get(f"/api/v1/products/{product}") for product in ids_in("/api/v1/products")]
    return tuple(row["id"] for product in details for row in product.get("variants", ()))


def get(path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {held['token']}"} if held["token"] else {}
    answer = requests.get(f"{BASE}{path}", headers=headers, timeout=30)
    is_list = answer.ok and "json" in answer.headers.get("Content-Type", "")
    body = answer.json() if is_list else {}
    return body if isinstance(body, dict) else {}
