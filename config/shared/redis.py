"""Ways to Redis for what is not a cache: counters and tickets, with the same tight timeout; the hottest paths' own line.

A Redis that did not answer in time rests: what can do without it (limits, cached pages, counts of phrases) does so at once,
and one request a second tries whether it is back. What must know (strict limits, a write's marks) insists, and waits.
"""

import os
import threading
import time
from hashlib import sha1
from typing import Any

import structlog
from django_redis import get_redis_connection
from hiredis import Reader, pack_command
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.shared.metrics import REDIS

logger = structlog.get_logger(__name__)
# Full or read-only is as good as gone: both are errors of the answer, not of the connection.
DOWN = (exceptions.RedisError,)
REST = 1.0  # seconds
NOTHING_YET = object()


def connection() -> Any:
    return get_redis_connection("default")


def packed(*command: Any) -> bytes:
    return pack_command(command)


class Resting(exceptions.RedisError):
    """Redis was not asked: it did not answer a moment ago."""


class Health:
    """Of Redis, as this process sees it."""

    rests_until = 0.0  # 0 while it is well

    def allows(self) -> bool:
        """Whether to ask: yes while it is well, then one at a time, to see whether it is back."""
        if not self.rests_until:
            return True
        if time.monotonic() < self.rests_until:
            REDIS.labels("skipped").inc()
            return False
        self.rests_until = time.monotonic() + REST
        return True

    def answered(self) -> None:
        if self.rests_until:
            self.rests_until = 0.0

    def failed(self, problem: Exception) -> None:
        self.rests_until = time.monotonic() + REST
        REDIS.labels("failed").inc()
        logger.warning("redis_unreachable", problem=type(problem).__name__)


health = Health()


class Line:
    """A connection that its thread keeps. redis-py opens it, with all that an address can say; commands then go past its
    client, pool and packing, which take 60 of the 80 µs of CPU that a short one costs."""

    def __init__(self, alias: str) -> None:
        pool = get_redis_connection(alias).connection_pool  # its own number of connections is limited
        once = {
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
        }  # whoever hangs is not waited for again and again
        self.opener = pool.connection_class(**pool.connection_kwargs | once)
        self.socket: Any = None
        self.reader: Any = None

    def ask(self, command: bytes, *, insists: bool = False) -> Any:
        """The answer to one command. One that was lost with its connection is sent once more, so it may run twice."""
        if not insists and not health.allows():
            raise Resting
        try:
            answer = self.answer_again(command)
        except (exceptions.ConnectionError, exceptions.TimeoutError) as problem:
            health.failed(problem)
            raise
        health.answered()
        if isinstance(answer, exceptions.ResponseError):
            raise answer
        return answer

    def answer_again(self, command: bytes) -> Any:
        was_open = self.socket is not None
        try:
            return self.answer(command)
        except exceptions.ConnectionError:
            if not was_open:
                raise
            return self.answer(command)

    def answer(self, command: bytes) -> Any:
        try:
            if self.socket is None:
                self.open()
            self.socket.sendall(command)
            while (answer := self.reader.gets()) is NOTHING_YET:
                self.reader.feed(self.received())
            return answer
        except TimeoutError:
            self.close()
            raise exceptions.TimeoutError("no answer in time") from None
        except OSError as problem:
            self.close()
            raise exceptions.ConnectionError(str(problem)) from problem
        except BaseException:  # half an answer must not become the next one's
            self.close()
            raise

    def received(self) -> bytes:
        if data := self.socket.recv(65_536):
            return data
        raise ConnectionResetError("closed by Redis")

    def open(self) -> None:
        self.opener.connect()
        self.socket = self.opener._sock
        self.reader = Reader(replyError=exceptions.ResponseError, notEnoughData=NOTHING_YET)

    def close(self) -> None:
        self.socket = None
        self.opener.disconnect()


class Script:
    """A Lua script, on the thread's own line."""

    def __init__(self, lua: str, alias: str = "default") -> None:
        self.lua, self.alias = lua, alias
        self.digest = sha1(lua.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: list[str], values: list[Any], *, insists: bool = False) -> Any:
        given = (len(keys), *keys, *values)
        try:
            return line(self.alias).ask(packed("EVALSHA", self.digest, *given), insists=insists)
        except exceptions.ResponseError as problem:
            if not str(problem).startswith("NOSCRIPT"):
                raise
        return line(self.alias).ask(packed("EVAL", self.lua, *given), insists=insists)


class Lines(threading.local):
    """The lines of a thread, by the name of the cache; a forked process makes its own."""

    def __init__(self) -> None:
        self.by_alias: dict[str, Line] = {}
        self.process = os.getpid()


lines = Lines()


def line(alias: str) -> Line:
    if lines.process != os.getpid():
        lines.__init__()  # type: ignore[misc]
    if alias not in lines.by_alias:
        lines.by_alias[alias] = Line(alias)
    return lines.by_alias[alias]
