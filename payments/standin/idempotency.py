"""Idempotency keys as Stripe documents them for API v1.

A key belongs to an account and to the first path and parameters that it came with; it is kept for a day. The answer is
stored in the transaction of its effects, once the endpoint has begun to run: the endpoint's errors are remembered;
refused parameters, 409 and 429 are not.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import StripeError, invalid
from .store import Store

KEPT_SECONDS = 24 * 3600
MAXIMUM_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Key:
    account: str
    value: str
    path: str
    digest: str

    @classmethod
    def of(cls, account: str, value: str, path: str, body: bytes) -> "Key":
        if len(value) > MAXIMUM_LENGTH:
            raise invalid(f"Idempotency keys can be at most {MAXIMUM_LENGTH} characters.")
        return cls(account, value, path, hashlib.sha256(body).hexdigest())


class Answers:
    """The stored answers, and the keys of the calls that are running."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: set[tuple[str, str]] = set()

    @contextmanager
    def running(self, key: Key | None) -> Iterator[None]:
        """Holds the key while its call runs; a second call with it gets 409 meanwhile."""
        if key is None:
            yield
            return
        held = (key.account, key.value)
        if held in self._running:
            raise _in_use(key)
        self._running.add(held)
        try:
            yield
        finally:
            self._running.discard(held)

    def stored(self, key: Key, *, now: int) -> tuple[int, bytes] | None:
        sql = "SELECT path, digest, status, body FROM answers WHERE account = ? AND key = ? AND created > ?"
        row = self._store.db.execute(sql, (key.account, key.value, now - KEPT_SECONDS)).fetchone()
        if row is None:
            return None
        path, digest, status, body = row
        if path != key.path:
            raise _mismatch(
                key, f"for the same endpoint they were first used for ('{path}' before, '{key.path}' now)"
            )
        if digest != key.digest:
            raise _mismatch(key, "with the same parameters they were first used with")
        return status, body

    def store(self, key: Key, status: int, body: bytes, *, now: int) -> None:
        self._store.db.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key.account, key.value, key.path, key.digest, status, body, now),
        )


def _mismatch(key: Key, rule: str) -> StripeError:
    message = (
        f"Keys for idempotent requests can only be used {rule}. "
        f"Try using a key other than '{key.value}' if you meant to execute a different request."
    )
    return StripeError(400, "idempotency_error", message)


def _in_use(key: Key) -> StripeError:
    message = (
        "There is currently another in-progress request using this Idempotent Key "
        f"(that probably means you submitted twice, and the other request is still going through): {key.value}."
    )
    return StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
