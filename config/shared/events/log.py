"""Appending to the log and reading from it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone

from config.shared.errors import Invalid
from config.shared.events.declared import Event
from config.shared.logs import request_id_now
from config.shared.lookups import is_id
from config.shared.models import EventRecord, LogReader
from config.shared.postgres import writes


@dataclass(frozen=True, slots=True)
class Placed:
    """An event with its position in the log."""

    position: int
    type: str
    stream: str
    audiences: Sequence[str]
    at: datetime
    data: dict[str, Any]
    request_id: str = ""  # of the request that caused it; not published

    def frame(self) -> dict[str, Any]:
        """The frame that a client gets; `id` is the cursor to resume from."""
        return {"type": self.type, "id": str(self.position), "at": self.at, "data": self.data}


PAGE = 500
COLUMNS = ("position", "type", "stream", "audiences", "at", "data", "request_id")


def append(event: Event, *, audiences: Iterable[str]) -> None:
    """Appends an event. Call it in the transaction of what happened, after taking the lock that orders it."""
    append_all([(event, audiences)])


def append_all(events: Iterable[tuple[Event, Iterable[str]]]) -> None:
    """Appends several events in one statement, in their order."""
    request_id = request_id_now()
    records = [
        EventRecord(
            type=event.type,
            version=event.version,
            stream=event.stream,
            audiences=sorted(set(to)),
            data=event.data,
            request_id=request_id,
        )
        for event, to in events
    ]
    writes.insert_later(*records)


def head() -> int:
    """The last position assigned; 0 in an empty log."""
    return EventRecord.objects.aggregate(last=Max("position"))["last"] or 0


def between(after: int, until: int | None = None, *, limit: int = PAGE) -> list[Placed]:
    """All placed events after `after` (and up to `until`), in order; this is what a websocket process follows."""
    rows = EventRecord.objects.filter(position__gt=after)
    if until is not None:
        rows = rows.filter(position__lte=until)
    return [Placed(*row) for row in rows.order_by("position").values_list(*COLUMNS)[:limit]]


def for_audiences(
    audiences: Sequence[str], *, streams: Sequence[str], after: int, until: int, limit: int = PAGE
) -> list[Placed]:
    """The events after `after`, up to `until`, that concern any of `audiences`, in order."""
    rows = EventRecord.objects.filter(
        position__gt=after, position__lte=until, stream__in=streams, audiences__overlap=list(audiences)
    )
    return [Placed(*row) for row in rows.order_by("position").values_list(*COLUMNS)[:limit]]


async def replay(
    audiences: Iterable[str], *, streams: Sequence[str], after: int, until: int
) -> AsyncIterator[Placed]:
    """`for_audiences` page by page, so that a long backlog is not loaded into memory at once."""
    wanted = sorted(audiences)
    while after < until:
        page = await database_sync_to_async(for_audiences)(wanted, streams=streams, after=after, until=until)
        for event in page:
            yield event
        after = page[-1].position if len(page) == PAGE else until


def can_resume(after: int, last: int) -> bool:
    """Whether nothing after `after` has been pruned, and `after` is not ahead of the log."""
    if after > last:
        return False
    first = EventRecord.objects.aggregate(first=Min("position"))["first"]
    return after == last or (first is not None and first <= after + 1)


def parse_cursor(text: str) -> int:
    """The position that a client's cursor stands for; raises 400 if it is not a cursor."""
    if not is_id(text):
        raise Invalid("This cursor is not one of ours.", code="invalid_cursor")
    return int(text)


def prune() -> int:
    """Removes events older than the retention, except those that a reader has yet to read and the last one, which marks
    the end of the log."""
    unread = LogReader.objects.aggregate(least=Min("position"))["least"]
    keep = head() if unread is None else min(head(), unread + 1)
    old = EventRecord.objects.filter(at__lt=timezone.now() - settings.EVENT_RETENTION, position__lt=keep)
    return old.delete()[0]
