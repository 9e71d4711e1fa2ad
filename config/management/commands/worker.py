"""The worker: procrastinate's jobs and the event relay in one process."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from redis.exceptions import RedisError

from config.environment import text
from config.shared import metrics
from config.shared.events import relay
from config.shared.jobs import leave_to_the_next, name_request
from config.shared.registry import TICKS
from config.shared.webhooks.queue import QUEUE as WEBHOOKS

logger = structlog.get_logger(__name__)
SENDERS = 4  # webhooks sent at a time, in addition to the other jobs
PATIENCE = 1.0  # seconds between two attempts while PostgreSQL is down


class Command(BaseCommand):
    help = "Runs background jobs and the event relay until it is told to stop (SIGINT or SIGTERM)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="Jobs at a time (default 4).")
        parser.add_argument(
            "--no-relay", action="store_true", help="Jobs only; another worker runs the relay."
        )

    def handle(self, *args: Any, concurrency: int, no_relay: bool, **options: Any) -> None:
        if settings.WORKER_METRICS_PORT:
            metrics.serve(text("HOST", "127.0.0.1"), settings.WORKER_METRICS_PORT)
        asyncio.run(work(concurrency, with_relay=not no_relay))


async def work(concurrency: int, *, with_relay: bool) -> None:
    """Runs until a signal, which lets running jobs finish (10 seconds) and ends the relay between two batches."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A thread for each job plus a few: Python's default is too low on small machines.
    loop.set_default_executor(ThreadPoolExecutor(concurrency + SENDERS + 4))
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    tasks = [asyncio.ensure_future(run_jobs(concurrency, stop))]
    tasks += [asyncio.ensure_future(relay.run(stop))] if with_relay else []
    tasks += [asyncio.ensure_future(tick(name, act, stop)) for name, act in TICKS.items()]
    await asyncio.gather(*tasks)


async def tick(name: str, act: Callable[[], int], stop: asyncio.Event) -> None:
    """Calls `act` every second until `stop`; a failure is retried at the next call."""
    while not stop.is_set():
        try:
            await sync_to_async(act)()
        except (DatabaseError, RedisError) as problem:
            logger.warning("tick_failed", what=name, problem=type(problem).__name__)
            await sync_to_async(relay.forget_connection)()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=PATIENCE)


async def run_jobs(concurrency: int, stop: asyncio.Event) -> None:
    """Runs jobs until `stop`; after losing PostgreSQL, the worker starts over."""
    while not stop.is_set():
        try:
            await run_until(stop, concurrency)
        except (psycopg.Error, ConnectorException) as problem:
            logger.warning("worker_lost_database", problem=type(problem).__name__)
            await asyncio.sleep(PATIENCE)


async def run_until(stop: asyncio.Event, concurrency: int) -> None:
    """Runs jobs over the worker's own connection. Raises what ended the worker, if it was not `stop`."""
    worker_app = app.with_connector(app.connector.get_worker_connector())
    async with worker_app.open_async():
        work = [
            asyncio.ensure_future(run_lane(worker_app, queues, number))
            for queues, number in lanes(concurrency)
        ]
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait([*work, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        ended = [lane.exception() for lane in work if lane.done()]
        for lane in work:
            lane.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        if ended:
            raise ended[0] or ConnectorException()


def lanes(concurrency: int) -> list[tuple[list[str], int]]:
    """Queues with their concurrency. Webhooks have a lane of their own, so that hanging receivers delay no other job."""
    queues = {task.queue for task in app.tasks.values()}
    return [(sorted(queues - {WEBHOOKS}), concurrency), ([WEBHOOKS], SENDERS)]


async def run_lane(worker_app: Any, queues: list[str], concurrency: int) -> None:
    await worker_app.run_worker_async(
        queues=queues,
        concurrency=concurrency,
        install_signal_handlers=False,
        shutdown_graceful_timeout=10,
        delete_jobs="successful",
        worker_middleware=[name_request, leave_to_the_next],
    )
