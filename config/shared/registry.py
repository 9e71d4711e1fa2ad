"""What an upper app hands down so that a lower one can act on all; filled in each app's `ready()`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# name → yields {"kind", "detail", …} for each invariant that does not hold (`manage.py verify`)
VERIFIERS: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {}
# name → removes what has outlived its use; returns how many rows (`manage.py prune`)
PRUNERS: dict[str, Callable[[], int]] = {}
# name → the user's personal data as JSON values (`GET /me/export`)
EXPORTERS: dict[str, Callable[[Any], Any]] = {}
# name → anonymises or deletes the user's rows
ERASERS: dict[str, Callable[[Any], None]] = {}
# name → reasons why the user cannot be erased now
ERASURE_BLOCKERS: dict[str, Callable[[Any], Iterable[str]]] = {}
# name → what the worker does every second; returns how much there was to do
TICKS: dict[str, Callable[[], int]] = {}
# metric → its help, and what reads its figures: a state (or another short word) → a number (`/metrics`)
GAUGES: dict[str, tuple[str, Callable[[], Mapping[str, float]]]] = {}
# name → takes the next events of the log, in the transaction that moves its cursor; in order, none lost or doubled
LOG_READERS: dict[str, Callable[[list[Any]], None]] = {}
