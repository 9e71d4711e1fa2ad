"""What a handler gets: the checked parameters of one API call, and the store to write to."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .params import merged_metadata
from .store import Store

PLATFORM = ""


@dataclass(slots=True)
class Call:
    """One API call, or one scheduled outcome (then without parameters and request id)."""

    store: Store
    base_url: str
    settle_after: float
    """Seconds until what Stripe does later is done: asynchronous payments, refunds, payouts, pending funds."""
    params: dict[str, Any] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    account: str = PLATFORM
    """The connected account of the header `Stripe-Account`, else the platform's own."""
    request_id: str | None = None
    idempotency_key: str | None = None
    now: int = field(default_factory=lambda: int(time.time()))

    @property
    def id(self) -> str:
        return self.ids[0]

    def given(self, *names: str) -> dict[str, Any]:
        """Those of these parameters that were sent."""
        return {name: self.params[name] for name in names if name in self.params}

    def value(self, name: str, default: Any) -> Any:
        """The parameter, or the default if it was not sent or is empty."""
        given = self.params.get(name)
        return default if given is None else given

    def metadata(self, current: Mapping[str, str] | None = None) -> dict[str, str]:
        """The object's metadata with this call's changes."""
        return merged_metadata(current or {}, self.params.get("metadata", {}))
