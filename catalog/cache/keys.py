"""What entries, tags and marks are called, how long each lives, and the way to them."""

from functools import lru_cache

from django.conf import settings

from config.shared import redis

PREFIX = f"{settings.CHANNEL_PREFIX}:page:"
COUNTS = f"{PREFIX}counts"
LIFETIME = 60  # seconds that an entry lives
MARKED = 90  # a mark must outlive whatever was computed before its commit
VERSIONED = 300  # a version must outlive every entry from before it
FILLING = 5  # a fill that takes longer is no longer waited for
SLOWEST = 30  # a computation that took longer is not stored: marks may have come and gone
WAIT, STEP = 1.0, 0.004  # how long others wait for a fill, and how often they look
LARGEST = 262_144  # bytes
TELLING = 1.0  # seconds between counts of a process


@lru_cache
def script(lua: str, alias: str) -> redis.Script:
    return redis.Script(lua, alias)
