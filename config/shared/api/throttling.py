"""Rate limits that count atomically and stay out of the way when Redis is down.

One window a scope, opened by its first request: a Lua script increments every counter of the request in one round
trip, so 200 requests at once are counted as 200. The headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.shared import redis
from config.shared.actor import digest
from config.shared.errors import Unavailable
from config.shared.requests import address_of, network_of

logger = structlog.get_logger(__name__)
COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  if n == 1 then redis.call('EXPIRE', key, ARGV[i]) end
  counts[i] = {n, redis.call('TTL', key)}
end
return counts
"""


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
    """Per caller, per address, and by `view.throttle_scope` (stricter, fails closed where `throttle_strict`)."""

    def allow_request(self, request: Request, view: Any) -> bool:
        quotas = quotas_of(request, getattr(view, "throttle_scope", ""))
        keys, windows = [quota.key for quota in quotas], [quota.window for quota in quotas]
        try:
            counted = redis.connection().eval(COUNT, len(keys), *keys, *windows)
        except redis.DOWN:
            if getattr(view, "throttle_strict", False):
                raise Unavailable("Redis") from None
            logger.warning("throttle_without_redis")
            return True
        return self.judge(request, [Count(q, n, ttl) for q, (n, ttl) in zip(quotas, counted, strict=True)])

    def judge(self, request: Request, counts: list[Count]) -> bool:
        tightest = min(counts, key=lambda count: count.left)
        policies = [f'"{q.scope}";q={q.limit};w={q.window}' for q in (count.quota for count in counts)]
        request._request.rate_limit_headers = {
            "RateLimit-Policy": ", ".join(policies),
            "RateLimit": f'"{tightest.quota.scope}";r={max(0, tightest.left)};t={tightest.resets_in}',
        }
        self.resets_in = tightest.resets_in
        return tightest.left >= 0 or not settings.THROTTLE_SCALE

    def wait(self) -> float:
        return self.resets_in


def quotas_of(request: Request, scope: str) -> list[Quota]:
    """The counters that a request falls under: its caller's, its address's and its route's."""
    caller, address = request.actor.caller, digest(network_of(address_of(request._request)))[:16]
    named = [("address", address), *([("user", caller)] if caller else [])]
    # A guest's tokens are free to invent, so a guest counts by address.
    named += [(scope, address if request.actor.is_guest else caller)] if scope else []
    return [Quota(name, who, *scaled(name)) for name, who in named]


def scaled(scope: str) -> tuple[int, int]:
    limit, window = settings.THROTTLE_RATES[scope]
    return max(1, int(limit * (settings.THROTTLE_SCALE or 1))), window
