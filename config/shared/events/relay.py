"""The relay gives each committed event its place in the order and publishes it.

Commits overtake each other, so a sequence drawn at the insert is no order to resume from: a reader that has seen 12
may later find 11. The relay numbers what has been committed, without gaps, under the lock of one row: a second relay
cannot give the same number, and one that was killed leaves nothing half done. What it publishes over Redis is for
speed: a websocket process that misses a message sees the gap in the numbers and reads the log.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import orjson
import psycopg
import structlog
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection, transaction
from redis.exceptions import RedisError

from config.shared.events.readers import never, read_all
from config.shared.metrics import EVENTS
from config.shared.postgres import prepared

logger = structlog.get_logger(__name__)
GROUP = "events"
BATCH = 500
NOTIFY_CHANNEL = "souk_events"
GATHERED = 0.02  # seconds in which the commits of a busy moment gather, to be placed together
READ = 0.25  # seconds between two reads of those who are in no hurry (webhooks)
IDLE = 1.0  # seconds without a notification after which it looks anyway
LOCK_HEAD = """
INSERT INTO shared_eventhead (id, position) VALUES (1, 0)
ON CONFLICT (id) DO UPDATE SET position = shared_eventhead.position RETURNING position
"""
MOVE_HEAD = "UPDATE shared_eventhead SET position = %s WHERE id = 1"
PLACE = """
WITH fresh AS (
  SELECT id, row_number() OVER (ORDER BY id) AS step
  FROM (SELECT id FROM shared_eventrecord WHERE position IS NULL ORDER BY id LIMIT %s) AS waiting
)
UPDATE shared_eventrecord AS event SET position = %s + fresh.step FROM fresh WHERE event.id = fresh.id
RETURNING position, type, stream, audiences, at, data
"""


def place() -> tuple[int, list[tuple[Any, ...]]]:
    """Numbers the next batch; returns the head before it and its rows in order."""
    with transaction.atomic():
        [(head,)] = prepared.rows(LOCK_HEAD)
        rows = sorted((*row[:5], orjson.loads(row[5])) for row in prepared.rows(PLACE, [BATCH, head]))
        if rows:
            prepared.rows(MOVE_HEAD, [rows[-1][0]])
    return head, rows


async def publish(head: int, rows: list[tuple[Any, ...]]) -> None:
    """Sends a batch to every websocket process; a Redis that is down costs a second of delay, no event."""
    events = [[*row[:4], row[4].isoformat(), row[5]] for row in rows]
    message = {"type": "events", "after": head, "last": rows[-1][0], "events": events}
    try:
        await asyncio.wait_for(get_channel_layer().group_send(GROUP, message), timeout=2)
    except (OSError, TimeoutError, RedisError):
        logger.warning("event_publish_failed", last=rows[-1][0])


async def drain(thread: Executor | None = None, is_over: Callable[[], bool] = never) -> int:
    """Places and publishes until nothing waits, or it `is_over`; returns how many events."""
    done = 0
    while not is_over():
        head, rows = await in_thread(place, thread)()
        if not rows:
            break
        for row in rows:
            EVENTS.labels(row[1]).inc()
        await publish(head, rows)
        done += len(rows)
        if len(rows) < BATCH:  # what comes later is notified of
            break
    return done


def in_thread(act: Callable[..., Any], thread: Executor | None) -> Callable[..., Any]:
    """In a thread of its own when one is given, so that nothing else of the process holds it up."""
    return sync_to_async(act, thread_sensitive=thread is None, executor=thread)


async def run(stop: asyncio.Event) -> None:
    """Places and publishes until `stop`, and beside it hands on what was placed to the log's readers."""
    placed = asyncio.Event()
    await asyncio.gather(place_on(stop, placed), read_on(stop, placed))


async def place_on(stop: asyncio.Event, placed: asyncio.Event) -> None:
    """Drains at each notification; starts over when PostgreSQL was away."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="relay")
    while not stop.is_set():
        try:
            await follow(stop, placed, thread)
        except (psycopg.Error, DatabaseError):
            logger.warning("relay_lost_database")
            await in_thread(forget_connection, thread)()
            await asyncio.sleep(IDLE)


async def read_on(stop: asyncio.Event, placed: asyncio.Event) -> None:
    """A reader that fails is tried again; the relay goes on meanwhile."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="readers")
    while not stop.is_set():
        placed.clear()
        try:
            await in_thread(read_all, thread)(stop.is_set)
        except Exception as problem:
            logger.warning("log_reader_failed", problem=type(problem).__name__)
            await in_thread(forget_connection, thread)()
        await asyncio.sleep(READ)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(placed.wait(), IDLE)


def forget_connection() -> None:
    """In the thread that owns it: a broken connection is made anew at the next use."""
    connection.close()


async def follow(stop: asyncio.Event, placed: asyncio.Event, thread: Executor) -> None:
    """Listens on a connection of its own: a transaction pooler or Django's pool would lose the LISTEN."""
    async with await psycopg.AsyncConnection.connect(**listen_parameters(), autocommit=True) as listener:
        await listener.execute(f"LISTEN {NOTIFY_CHANNEL}")
        while not stop.is_set():
            if await drain(thread, stop.is_set):
                placed.set()
                await asyncio.sleep(GATHERED)
            async for _ in listener.notifies(timeout=IDLE, stop_after=1):
                pass


def listen_parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {
        name: parameters[name]
        for name in ("dbname", "user", "password", "host", "port")
        if parameters.get(name)
    }
