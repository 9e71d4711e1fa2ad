"""Sends a row's request as one of the callers, and undoes it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from config.shared.errors import MEDIA_TYPE
from config.tests.access.routes import all_acts
from config.tests.access.row import Row
from config.tests.access.world import FILES, World

PROBLEM = {"type", "title", "status", "detail", "code", "request_id"}
KEY_NEEDED = {"required", "calls_out"}


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def filled(value: Any, names: dict[str, str]) -> Any:
    """The value with each `{name}` replaced by the world's entry."""
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, dict):
        return {filled(key, names): filled(inner, names) for key, inner in value.items()}
    return [filled(inner, names) for inner in value] if isinstance(value, list) else value


def path_of(row: Row, world: World) -> str:
    return f"/api/v1/{filled(row.path, world.names)}".rstrip("/")


def headers_of(row: Row, world: World) -> dict[str, str]:
    """The row's own and, where the route asks for one, a fresh Idempotency-Key."""
    needs_key = getattr(all_acts().get(row.act), "idempotency", "") in KEY_NEEDED
    own = filled(dict(row.headers), world.names)
    return own | ({"Idempotency-Key": uuid.uuid4().hex} if needs_key and row.method == "POST" else {})


def act(row: Row, world: World, caller: str) -> Any:
    """The response to the row's request."""
    client, body = world.clients[caller], filled(row.body, world.names)
    send = getattr(client, row.method.lower())
    given: dict[str, Any] = {"headers": headers_of(row, world)}
    if row.upload:
        name, content = FILES[row.upload]
        body = {row.upload: SimpleUploadedFile(name, content), **(body or {})}
        given["format"] = "multipart"
    return send(path_of(row, world), body, **given)


def send_raw(row: Row, world: World, caller: str, raw: bytes, **headers: str) -> Any:
    """The row's request with other bytes for a body."""
    return world.clients[caller].generic(
        row.method, path_of(row, world), raw, "application/json", headers=headers_of(row, world) | headers
    )


def is_problem(response: Any) -> bool:
    """RFC 9457, the status repeated, with the id of the request."""
    if response.headers.get("Content-Type") != MEDIA_TYPE:
        return False
    document = json.loads(response.content)
    named = (document.get("status"), document.get("request_id"))
    return document.keys() >= PROBLEM and named == (response.status_code, response.headers["X-Request-Id"])
