"""The relay gives each committed event its place in the order and publishes it.

Commits overtake each other, so a number drawn at insert is no order to resume from: a reader that has seen 12 may later
find 11. The relay numbers committed events, without gaps, under the lock of one row: a second relay cannot assign the
same number, and a relay that is killed leaves nothing half done. Publishing over Redis is only for speed: a websocket
process that misses a message sees the gap in the numbers and reads the log.
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
GATHERED = 0.02  # seconds to let the commits of a busy moment gather, so that they are placed together
READ = 0.25  # seconds between two reads by the log's readers (webhooks), which are in no hurry
IDLE = 1.0  # seconds without a notification after which the relay looks anyway
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
    """Numbers the next batch; returns the previous head and the batch's rows in order."""
    with transaction.atomic():
        [(head,)] = prepared.rows(LOCK_HEAD)
        rows = sorted((*row[:5], orjson.loads(row[5])) for row in prepared.rows(PLACE, [BATCH, head]))
        if rows:
            prepared.rows(MOVE_HEAD, [rows[-1][0]])
    return head, rows


async def publish(head: int, rows: list[tuple[Any, ...]]) -> None:
    """Sends a batch to all websocket processes; if Redis is down, events are a second late but not lost."""
    events = [[*row[:4], row[4].isoformat(), row[5]] for row in rows]
    message = {"type": "events", "after": head, "last": rows[-1][0], "events": events}
    try:
        await asyncio.wait_for(get_channel_layer().group_send(GROUP, message), timeout=2)
    except (OSError, TimeoutError, RedisError):
        logger.warning("event_publish_failed", last=rows[-1][0])


async def drain(thread: Executor | None = None, is_over: Callable[[], bool] = never) -> int:
    """Places and publishes until nothing waits or `is_over()`; returns how many events."""
    done = 0
    while not is_over():
        head, rows = await in_thread(place, thread)()
        if not rows:
            break
        for row in rows:
            EVENTS.labels(row[1]).inc()
        await publish(head, rows)
        done += len(rows)
        if len(rows) < BATCH:  # a new notification announces later events
            break
    return done


def in_thread(act: Callable[..., Any], thread: Executor | None) -> Callable[..., Any]:
    """Runs `act` in the given thread of its own, so that no other work of the process delays it."""
    return sync_to_async(act, thread_sensitive=thread is None, executor=thread)


async def run(stop: asyncio.Event) -> None:
    """Places and publishes events until `stop`, and meanwhile passes placed events to the log's readers."""
    placed = asyncio.Event()
    await asyncio.gather(place_on(stop, placed), read_on(stop, placed))


async def place_on(stop: asyncio.Event, placed: asyncio.Event) -> None:
    """Drains at each notification; starts over after losing PostgreSQL."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="relay")
    while not stop.is_set():
        try:
            await follow(stop, placed, thread)
        except (psycopg.Error, DatabaseError):
            logger.warning("relay_lost_database")
            await in_thread(forget_connection, thread)()
            await asyncio.sleep(IDLE)


async def read_on(stop: asyncio.Event, placed: asyncio.Event) -> None:
    """Runs the readers and retries after a failure, while the relay goes on placing."""
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
    """Closes a broken connection, in the thread that owns it; the next use opens a new one."""
    connection.close()


async def follow(stop: asyncio.Event, placed: asyncio.Event, thread: Executor) -> None:
    """Listens on its own connection: a transaction pooler or Django's pool would lose the LISTEN."""
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
