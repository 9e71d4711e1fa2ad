"""When a delivery is retried, and when an endpoint is disabled."""

import random
from datetime import timedelta

KEPT_TRYING = timedelta(days=3)  # from the event, or from the redelivery
DISABLED_AFTER = timedelta(days=5)  # of failures without one success
TOLERATED = 3  # failures in a row before an endpoint's whole queue waits
LONGEST_PAUSE = timedelta(hours=1)  # of an endpoint: a retry costs only one request
LONGEST_WISH = timedelta(days=1)  # the longest Retry-After of a receiver that is honoured
STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60)
)


def pause_after(attempts: int) -> timedelta:
    """The wait after the n-th failure, varied at random by a fifth so that receivers do not get their whole backlog at
    once."""
    step = STEPS[min(attempts, len(STEPS)) - 1]
    return step * random.uniform(0.8, 1.2)  # noqa: S311


def pause_of_endpoint(failures: int) -> timedelta | None:
    """How long all of an endpoint's deliveries wait after this many failures in a row."""
    if failures < TOLERATED:
        return None
    return min(pause_after(failures - TOLERATED + 1), LONGEST_PAUSE)


def wished(header: str) -> timedelta:
    """`Retry-After` in seconds; the date form is ignored."""
    seconds = int(header) if header.isascii() and header.isdecimal() and len(header) < 10 else 0
    return min(timedelta(seconds=seconds), LONGEST_WISH)
