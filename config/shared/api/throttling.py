"""Rate limits that count atomically and let requests pass when Redis is down.

One window per scope, opened by its first request. A Lua script increments all counters of the request in one round
trip, so 200 simultaneous requests are counted as 200. The headers follow draft-ietf-httpapi-ratelimit-headers-10.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.shared import redis
from config.shared.actor import Actor, digest
from config.shared.errors import Unavailable
from config.shared.requests import address_of, network_of

logger = structlog.get_logger(__name__)
COUNTED = "souk.counted"  # in a request's environ: its counts, if it was counted before it reached Django
COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  if n == 1 then redis.call('EXPIRE', key, ARGV[i]) end
  counts[i] = {n, redis.call('TTL', key)}
end
return counts
"""
counting = redis.Script(COUNT)


@dataclass(frozen=True, slots=True)
class Quota:
    scope: str
    caller: str
    limit: int
    window: int  # seconds

    @property
    def key(self) -> str:
        return f"{settings.CHANNEL_PREFIX}:rate:{self.scope}:{self.caller}"


@dataclass(frozen=True, slots=True)
class Count:
    quota: Quota
    used: int
    resets_in: int  # seconds

    @property
    def left(self) -> int:
        return self.quota.limit - self.used


class RateLimit(BaseThrottle):
    """Limits per caller, per address, and per `view.throttle_scope` (stricter; fails closed with `throttle_strict`)."""

    def allow_request(self, request: Request, view: Any) -> bool:
        quotas = quotas_of(
            request.actor, address_of(request._request), scope=getattr(view, "throttle_scope", "")
        )
        is_strict = getattr(view, "throttle_strict", False)
        try:
            counts = request.META.get(COUNTED) or counted(quotas, insists=is_strict)
        except redis.DOWN:
            if is_strict:
                raise Unavailable("Redis") from None
            logger.warning("throttle_without_redis")
            return True
        request._request.rate_limit_headers = headers_of(counts)
        self.resets_in = tightest(counts).resets_in
        return is_within(counts)

    def wait(self) -> float:
        return self.resets_in


def counted(quotas: list[Quota], *, insists: bool = False) -> list[Count]:
    """Counts a request under each of its quotas; raises redis errors."""
    names, windows = [quota.key for quota in quotas], [quota.window for quota in quotas]
    found = counting(names, windows, insists=insists)
    return [Count(quota, used, ttl) for quota, (used, ttl) in zip(quotas, found, strict=True)]


def tightest(counts: list[Count]) -> Count:
    return min(counts, key=lambda count: count.left)


def is_within(counts: list[Count]) -> bool:
    return tightest(counts).left >= 0 or not settings.THROTTLE_SCALE


def headers_of(counts: list[Count]) -> dict[str, str]:
    least = tightest(counts)
    policies = [f'"{q.scope}";q={q.limit};w={q.window}' for q in (count.quota for count in counts)]
    return {
        "RateLimit-Policy": ", ".join(policies),
        "RateLimit": f'"{least.quota.scope}";r={max(0, least.left)};t={least.resets_in}',
    }


def quotas_of(actor: Actor, address: str, *, scope: str = "") -> list[Quota]:
    """The counters that a request falls under: its caller's, its address's and its route's."""
    caller, network = actor.caller, named(address)
    names = [("address", network), *([("user", caller)] if caller else [])]
    # A guest can invent tokens, so guests are counted by address.
    names += [(scope, network if actor.is_guest else caller)] if scope else []
    return [Quota(name, who, *scaled(name)) for name, who in names]


@lru_cache(4096)
def named(address: str) -> str:
    return digest(network_of(address))[:16]


def scaled(scope: str) -> tuple[int, int]:
    limit, window = settings.THROTTLE_RATES[scope]
    return max(1, int(limit * (settings.THROTTLE_SCALE or 1))), window
