from typing import Any

from config.shared import idempotency
from payments import gateway

# Seconds for all calls of one request: its lease starts later and lasts longer.
TIME = idempotency.LEASE.total_seconds() - 5


class ActsAtStripe:
    """A view whose requests may call Stripe several times."""

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        with gateway.acting(TIME):
            return super().dispatch(*args, **kwargs)  # type: ignore[misc]
