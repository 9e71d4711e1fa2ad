"""Stripe's API through its SDK: bounded in time, behind a bulkhead, its errors and objects in our own terms.

Never call it inside a transaction. `STRIPE_TIMEOUT` covers the whole call, including its one retry and the last byte of
the answer (see `payments.transport`). Only the DNS look-up, and further addresses of a host whose first does not
answer, come on top. Each process limits concurrent calls so that one thread is always free for requests that do not
pay. At either limit the caller gets `StripeDown`: 503 with `Retry-After`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import stripe
import structlog
from django.conf import settings

from config import embedded
from payments.errors import StripeBroke, StripeDown
from payments.transport import TimedClient, seconds_left, start_clock

logger = structlog.get_logger(__name__)
Result = TypeVar("Result")
LOCAL_KEY = "sk_test_souk_local"
PAUSE = 0.25  # seconds before the one retry
WORTH_A_RETRY = 1.0  # seconds that must be left for the retry
ACTS = threading.local()
SLOTS = threading.BoundedSemaphore(max(1, getattr(settings, "WEB_THREADS", 4) - 1))


@contextmanager
def acting(seconds: float) -> Iterator[None]:
    """Limits the total time of this thread's calls in the block; calls beyond it raise StripeDown.

    The last call of a request thus ends before its idempotency lease does, so no second attempt runs beside it.
    """
    ACTS.until = time.monotonic() + seconds
    try:
        yield
    finally:
        ACTS.until = None


def time_allowed() -> float:
    """Seconds for the next call. Raises StripeDown if the block of `acting` has none left."""
    until = getattr(ACTS, "until", None)
    left = (
        settings.STRIPE_TIMEOUT if until is None else min(settings.STRIPE_TIMEOUT, until - time.monotonic())
    )
    if left <= 0:
        raise StripeDown(retry_after=2)
    return left


def call(act: Callable[[stripe.StripeClient], Result]) -> Result:
    """Runs `act(client)`, a second time if it fails early enough. A POST in `act` needs its own idempotency key.

    Raises StripeDown, StripeBroke; CardError and InvalidRequestError pass through.
    """
    allowed = time_allowed()
    if not SLOTS.acquire(blocking=False):
        raise StripeDown(retry_after=2)
    try:
        start_clock(allowed)
        try:
            return attempt(act)
        except StripeDown:
            if seconds_left() < WORTH_A_RETRY + PAUSE:
                raise
        time.sleep(PAUSE)
        return attempt(act)
    finally:
        SLOTS.release()


def attempt(act: Callable[[stripe.StripeClient], Result]) -> Result:
    try:
        return act(client(secret_key(), api_base()))
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as problem:
        logger.error("stripe_refuses_our_key", problem=type(problem).__name__)
        raise StripeDown(retry_after=60) from problem
    except stripe.StripeError as problem:
        logger.warning("stripe_failed", problem=type(problem).__name__, status=problem.http_status)
        raise (StripeBroke() if is_remembered(problem) else StripeDown()) from problem


def is_remembered(problem: stripe.StripeError) -> bool:
    """Whether Stripe would repeat the failure under the same idempotency key; not so if the key is just in use."""
    if isinstance(problem, stripe.IdempotencyError):
        return problem.code != "idempotency_key_in_use"
    return (problem.http_status or 0) >= 500


def secret_key() -> str:
    return settings.STRIPE_SECRET_KEY or LOCAL_KEY


def is_live() -> bool:
    return secret_key().startswith(("sk_live_", "rk_live_"))


def api_base() -> str:
    """Stripe's address, or the stand-in's if that is configured. Raises StripeDown if the stand-in is not running."""
    if base := getattr(settings, "STRIPE_API_BASE", ""):
        return base
    if not settings.STRIPE_STANDIN:
        return stripe.DEFAULT_API_BASE
    try:
        return embedded.stripe_url()
    except embedded.NotStarted:
        raise StripeDown from None


@lru_cache(maxsize=8)
def client(key: str, base: str) -> stripe.StripeClient:
    http = TimedClient(trust_env=base == stripe.DEFAULT_API_BASE)
    return stripe.StripeClient(key, base_addresses={"api": base}, max_network_retries=0, http_client=http)
