"""Rate limits that count atomically and stay out of the way when Redis is down.

One fixed window a scope: a Lua script increments every counter of the request in one round trip, so 200 requests
at once are counted as 200. The headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

import time
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.shared import redis
from config.shared.actor import digest
from config.shared.errors import Unavailable
from config.shared.requests import address_of

logger = structlog.get_logger(__name__)
COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  if n == 1 then redis.call('EXPIRE', key, ARGV[i]) end
  counts[i] = n
end
return counts
"""


@dataclass(frozen=True, slots=True)
class Quota:
    scope: str
    caller: str
    limit: int
    window: int  # seconds

    def key(self, now: float) -> str:
        return f"{settings.CHANNEL_PREFIX}:rate:{self.scope}:{self.caller}:{int(now // self.window)}"

    def resets_in(self, now: float) -> int:
        return self.window - int(now % self.window)


class RateLimit(BaseThrottle):
    """Per caller, per address, and by `view.throttle_scope` (stricter, fails closed where `throttle_strict`)."""

    def allow_request(self, request: Request, view: Any) -> bool:
        now = time.time()
        quotas = quotas_of(request, getattr(view, "throttle_scope", ""))
        try:
            counts = redis.connection().eval(
                COUNT, len(quotas), *[quota.key(now) for quota in quotas], *[quota.window for quota in quotas]
            )
        except redis.DOWN:
            if getattr(view, "throttle_strict", False):
                raise Unavailable("Redis") from None
            logger.warning("throttle_without_redis")
            return True
        return self.judge(request, list(zip(quotas, counts, strict=True)), now)

    def judge(self, request: Request, counted: list[tuple[Quota, int]], now: float) -> bool:
        tightest, used = min(counted, key=lambda pair: pair[0].limit - pair[1])
        request._request.rate_limit_headers = {
            "RateLimit-Policy": ", ".join(f'"{q.scope}";q={q.limit};w={q.window}' for q, _ in counted),
            "RateLimit": f'"{tightest.scope}";r={max(0, tightest.limit - used)};t={tightest.resets_in(now)}',
        }
        self.resets_in = tightest.resets_in(now)
        return used <= tightest.limit or not settings.THROTTLE_SCALE

    def wait(self) -> float:
        return self.resets_in


def quotas_of(request: Request, scope: str) -> list[Quota]:
    """The counters that a request falls under: its caller's, its address's and its route's."""
    caller, address = request.actor.caller, digest(address_of(request._request))[:16]
    named = [("address", address), *([("user", caller)] if caller else [])]
    # A guest's tokens are free to invent, so a guest counts by address.
    named += [(scope, address if request.actor.is_guest else caller)] if scope else []
    return [Quota(name, who, *scaled(name)) for name, who in named]


def scaled(scope: str) -> tuple[int, int]:
    limit, window = settings.THROTTLE_RATES[scope]
    return max(1, int(limit * (settings.THROTTLE_SCALE or 1))), window
