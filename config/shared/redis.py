"""One way to Redis for what is not a cache: counters and tickets, with the same tight timeout."""

from typing import Any

from django_redis import get_redis_connection
from redis import exceptions

DOWN = (exceptions.ConnectionError, exceptions.TimeoutError)


def connection() -> Any:
    return get_redis_connection("default")
