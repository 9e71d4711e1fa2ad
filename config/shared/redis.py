"""One way to Redis for what is not a cache: counters and tickets, with the same tight timeout."""

from typing import Any

from django_redis import get_redis_connection
from redis import exceptions

# Full or read-only is as good as gone: both are errors of the answer, not of the connection.
DOWN = (exceptions.RedisError,)


def connection() -> Any:
    return get_redis_connection("default")
