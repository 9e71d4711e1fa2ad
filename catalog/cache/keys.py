"""What entries, tags and marks are called, how long each lives, and the way to them."""

import time
from functools import lru_cache

import structlog
from django.conf import settings

from config.shared import redis

logger = structlog.get_logger(__name__)
PREFIX = f"{settings.CHANNEL_PREFIX}:page:"
LIFETIME = 60  # seconds that an entry lives
MARKED = 90  # a mark must outlive every entry that it hides
VERSIONED = 300  # a version must outlive every entry from before it
FILLING = 5  # a fill that takes longer is no longer waited for
SLOWEST = 30  # a computation that took longer is not stored: marks may have come and gone
WAIT, STEP = 1.0, 0.004  # how long others wait for a fill, and how often they look
LARGEST = 262_144  # bytes
REST = 1.0  # seconds without asking a Redis that did not answer


class Health:
    """Lets a Redis that did not answer rest, so that not every request waits for it in vain."""

    rests_until = 0.0

    def is_resting(self) -> bool:
        return time.monotonic() < self.rests_until

    def failed(self, problem: Exception) -> None:
        self.rests_until = time.monotonic() + REST
        logger.warning("cache_unreachable", problem=type(problem).__name__)


health = Health()


@lru_cache
def script(lua: str, alias: str) -> redis.Script:
    return redis.Script(lua, alias)
