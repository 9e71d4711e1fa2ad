"""Names and lifetimes of entries, tags and marks."""

from functools import lru_cache

from django.conf import settings

from config.shared import redis

PREFIX = f"{settings.CHANNEL_PREFIX}:page:"
COUNTS = f"{PREFIX}counts"
LIFETIME = 60  # seconds that an entry lives
MARKED = 90  # a mark must outlive any answer whose computation began before its commit
VERSIONED = 300  # a version must outlive every entry stored under the one before
FILLING = 5  # others stop waiting for a fill that takes longer
SLOWEST = 30  # an answer that took longer to compute is not stored: marks may have come and gone
WAIT, STEP = 1.0, 0.004  # how long others wait for a fill, and how often they look
LARGEST = 262_144  # bytes
TELLING = 1.0  # seconds between two reports of a process


@lru_cache
def script(lua: str, alias: str) -> redis.Script:
    return redis.Script(lua, alias)
