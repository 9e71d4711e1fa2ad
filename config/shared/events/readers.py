"""Readers of the log that work in the background, each with its own cursor (`registry.LOG_READERS`)."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from config.shared.events import log
from config.shared.models import LogReader
from config.shared.registry import LOG_READERS


def never() -> bool:
    return False


def read_all(is_over: Callable[[], bool] = never) -> int:
    """Hands every reader what is new to it, until there is no more or it `is_over`; returns how many events were taken.

    For the relay, after it has placed.
    """
    return sum(read(name, take, is_over) for name, take in LOG_READERS.items())


def read(name: str, take: Callable[[list[Any]], None], is_over: Callable[[], bool]) -> int:
    done = 0
    while (
        not is_over()
    ):  # asked before each page: to read a million takes minutes, and a stop must not wait for it
        count = advance(name, take)
        done += count
        if count < log.PAGE:  # what comes later is told of
            break
    return done


@transaction.atomic
def advance(name: str, take: Callable[[list[Any]], None]) -> int:
    """One page: the cursor moves in the transaction of what `take` writes. Two readers at once take turns."""
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
    """From the present end of the log on; a reader that has begun stays where it is."""
    LogReader.objects.bulk_create([LogReader(name=name, position=log.head())], ignore_conflicts=True)
