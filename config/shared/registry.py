"""Hooks that upper apps register so that lower layers can act on all apps; filled in each app's `ready()`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# name → yields {"kind", "detail", …} for each invariant that does not hold (`manage.py verify`)
VERIFIERS: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {}
# name → removes rows that are no longer needed; returns how many (`manage.py prune`)
PRUNERS: dict[str, Callable[[], int]] = {}
# name → the user's personal data as JSON values (`GET /me/export`)
EXPORTERS: dict[str, Callable[[Any], Any]] = {}
# name → anonymises or deletes the user's rows
ERASERS: dict[str, Callable[[Any], None]] = {}
# name → reasons why the user cannot be erased now
ERASURE_BLOCKERS: dict[str, Callable[[Any], Iterable[str]]] = {}
# name → what the worker does every second; returns how many items it handled
TICKS: dict[str, Callable[[], int]] = {}
# metric → its help text, and a function that reads its values: a state (or another short word) → a number (`/metrics`)
GAUGES: dict[str, tuple[str, Callable[[], Mapping[str, float]]]] = {}
# name → takes the next events of the log, in the transaction that moves its cursor: in order, each exactly once
LOG_READERS: dict[str, Callable[[list[Any]], None]] = {}
