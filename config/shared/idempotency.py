"""`Idempotency-Key`: a repeat with the same key and body gets the first answer again, despite crashes and races.

The answer is stored in the transaction of its effect, so both exist or neither does; an act that rolled back leaves no
record. `pg_try_advisory_xact_lock` on (caller, key) lets one request through; the others get 409. The stored answer is
read by a separate statement after the lock: a statement that also took the lock would not see rows that were committed
while it waited.

An act that calls another service in the middle ("calls_out": a payment) must not hold a transaction open meanwhile.
Its view calls `request.attempt.begin(reference)` in its first transaction, which commits a row in state `calling`;
a retry finds `request.attempt.reference` set and continues the act from there instead of starting it again.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import psycopg
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.encoding import to_json
from config.shared.errors import Conflict, Invalid, Unprocessable
from config.shared.models import IdempotencyRecord
from config.shared.postgres import prepared, writes
from config.shared.postgres.compiled import Blank, Compiled
from config.shared.postgres.wire import Rows

SANE_KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = timedelta(hours=48)  # 24 hours are promised
LEASE = timedelta(seconds=30)  # longer than any call to another service may take

LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0))"
CALLER: Any = Blank("caller")
KEY: Any = Blank("key")
EARLIER = Compiled(lambda: IdempotencyRecord.objects.filter(caller=CALLER, key=KEY))


class KeyRequired(Invalid):
    code = "idempotency_key_required"
    detail = "Send an Idempotency-Key header: a fresh one for each act, the same for each retry of it."


class KeyInvalid(Invalid):
    code = "idempotency_key_invalid"
    detail = "An Idempotency-Key is 1 to 255 visible ASCII characters."


class KeyReused(Unprocessable):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used with another request."


class InProgress(Conflict):
    code = "idempotency_in_progress"
    detail = "The first request with this Idempotency-Key is still running."
    retry_after = 1


@dataclass
class Attempt:
    """One request under a key. `reference` names what an earlier attempt of the same request had begun."""

    caller: str
    key: str
    fingerprint: str
    reference: str = ""
    record_id: int | None = None
    is_stored: bool = False

    def lock(self) -> IdempotencyRecord | None:
        """The record stored under this key, locked for this request until the commit; needs a transaction.

        Raises InProgress when another request holds the key, KeyReused when the record belongs to a different request.
        """
        prepared.later(LOCK, {"name": f"{self.caller} {self.key}"}, then=must_be_locked)
        return self.earlier()

    def earlier(self) -> IdempotencyRecord | None:
        """The record under this key, whoever holds the lock; raises KeyReused if it belongs to a different request."""
        for record in EARLIER.rows(caller=self.caller, key=self.key):
            return self.same(record)
        return None

    def missed(self) -> IdempotencyRecord | None:
        """The record that another request under this key wrote after ours looked; None if ours wrote one itself. A
        refusal may then be a consequence of that other request."""
        return self.earlier() if self.record_id is None else None

    def same(self, record: IdempotencyRecord) -> IdempotencyRecord:
        if record.fingerprint != self.fingerprint:
            raise KeyReused
        return record

    def begin(self, reference: Any) -> None:
        """Stores `reference` in the first transaction of an act that calls out, so that a retry can continue it."""
        if self.lock() is not None:
            raise InProgress
        self.reference = str(reference)
        until = timezone.now() + LEASE
        self.record_id = self.insert(reference=self.reference, calling_until=until)

    def resume(self, record: IdempotencyRecord) -> None:
        """Continues an act that was begun; raises InProgress while its first request may still be calling."""
        now = timezone.now()
        free = IdempotencyRecord.objects.filter(Q(calling_until__lt=now), pk=record.pk, status=None)
        if not free.update(calling_until=now + LEASE):
            raise InProgress
        self.reference, self.record_id = record.reference, record.pk

    def store(self, status: int, body: Any) -> None:
        """Stores the answer; call it in the transaction of the effect."""
        answer = {"status": status, "body": to_json(body)}
        if self.record_id is None:
            writes.insert_later(IdempotencyRecord(**self.named, **answer), refused=is_second)
        else:
            IdempotencyRecord.objects.filter(pk=self.record_id).update(**answer)
        self.is_stored = True

    def insert(self, **columns: Any) -> int:
        """Inserts the record; raises InProgress when another request was first."""
        try:
            record = IdempotencyRecord(**self.named, **columns)
            writes.insert(record)
            return record.pk
        except IntegrityError as problem:
            raise InProgress from problem

    def let_go(self) -> None:
        """Ends the lease after the call failed, so that the next retry need not wait."""
        IdempotencyRecord.objects.filter(pk=self.record_id).update(calling_until=timezone.now())

    @property
    def named(self) -> dict[str, str]:
        return {"caller": self.caller, "key": self.key, "fingerprint": self.fingerprint}


def must_be_locked(rows: Rows) -> None:
    if rows != [(True,)]:
        raise InProgress


def is_second(problem: psycopg.Error) -> Exception | None:
    """InProgress if the insert failed because another request was first."""
    return InProgress() if isinstance(problem, psycopg.IntegrityError) else None


def answer(view: Any, request: Request, handle: Callable[[], Response]) -> Response:
    """The handler's response, or the stored first one. `view.idempotency` names the mode (see ApiMixin)."""
    request.attempt = None
    if request.method != "POST" or view.idempotency == "never":
        return handle()
    key = request.headers.get("Idempotency-Key")
    if key is None and view.idempotency in {"required", "calls_out"}:
        raise KeyRequired
    if key is not None and not SANE_KEY.fullmatch(key):
        raise KeyInvalid
    caller = request.actor.caller
    if key is None or caller is None:
        return with_secrets(view, handle())
    request.attempt = Attempt(caller, key, fingerprint(request))
    return (
        calling_out(view, request, handle)
        if view.idempotency == "calls_out"
        else at_once(view, request, handle)
    )


def at_once(view: Any, request: Request, handle: Callable[[], Response]) -> Response:
    with transaction.atomic():
        if record := request.attempt.lock():
            return replay(view, record)
        response = handle()
        if response.status_code < 400 and not request.attempt.is_stored:
            request.attempt.store(response.status_code, response.data)
    return with_secrets(view, response)


def calling_out(view: Any, request: Request, handle: Callable[[], Response]) -> Response:
    if record := request.attempt.earlier():
        if record.status is not None:
            return replay(view, record)
        request.attempt.resume(record)
    try:
        response = handle()
    except Exception:
        request.attempt.let_go()
        if record := request.attempt.missed():
            return replay(view, record)
        raise
    if not request.attempt.is_stored:
        request.attempt.store(response.status_code, response.data)
    return with_secrets(view, response)


def replay(view: Any, record: IdempotencyRecord) -> Response:
    if record.status is None:  # begun by an earlier version of ours, in which this view called out
        raise InProgress
    response = Response(
        orjson.loads(record.body), status=record.status, headers={"Idempotent-Replayed": "true"}
    )
    return with_secrets(view, response)


def with_secrets(view: Any, response: Response) -> Response:
    response.data = view.with_secrets(response.data)
    return response


def fingerprint(request: Request) -> str:
    """A digest of method, path and body; of a multipart body only the parts, as its boundary differs each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type.startswith("multipart/"):
        for name, values in sorted(request.data.lists()):
            for value in values:
                digest.update(f"\n{name}=".encode())
                digest.update(read_file(value) if hasattr(value, "chunks") else str(value).encode())
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def read_file(upload: Any) -> bytes:
    content = hashlib.sha256()
    for chunk in upload.chunks():
        content.update(chunk)
    upload.seek(0)
    return content.digest()


def prune_records() -> int:
    """Removes answers older than the promised time; their bodies may hold addresses."""
    return IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
