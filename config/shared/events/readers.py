"""Background readers of the log, each with its own cursor (`registry.LOG_READERS`)."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from config.shared.events import log
from config.shared.models import LogReader
from config.shared.registry import LOG_READERS


def never() -> bool:
    return False


def read_all(is_over: Callable[[], bool] = never) -> int:
    """Hands each reader its new events, until there are no more or `is_over()`; returns how many events were read.

    The relay calls it after placing events.
    """
    return sum(read(name, take, is_over) for name, take in LOG_READERS.items())


def read(name: str, take: Callable[[list[Any]], None], is_over: Callable[[], bool]) -> int:
    done = 0
    while (
        not is_over()
    ):  # asked before each page: reading a million events takes minutes, and a stop must not wait for it
        count = advance(name, take)
        done += count
        if count < log.PAGE:  # a new notification announces later events
            break
    return done


@transaction.atomic
def advance(name: str, take: Callable[[list[Any]], None]) -> int:
    """Reads one page. The cursor moves in the transaction of what `take` writes; concurrent calls take turns."""
    reader = LogReader.objects.select_for_update().filter(name=name).first()
    if reader is None:
        begin(name)
        return 0
    events = log.between(reader.position)
    if events:
        take(events)
        reader.position = events[-1].position
        reader.save(update_fields=["position"])
    return len(events)


def begin(name: str) -> None:
    """Starts a new reader at the present end of the log; an existing reader keeps its position."""
    LogReader.objects.bulk_create([LogReader(name=name, position=log.head())], ignore_conflicts=True)
