"""Who must hear of a transaction's writes before it commits, and again when it has."""

from collections.abc import Sequence
from typing import Protocol


class Guard(Protocol):
    """Neither call may raise: the transaction is not theirs to stop."""

    def before_commit(self, details: Sequence[str]) -> None: ...

    def after_commit(self, details: Sequence[str]) -> None: ...


# Message of a trigger's NOTICE → who hears its details.
GUARDS: dict[str, Guard] = {}
# A write to one of these outside a transaction gets one of its own, or there would be no moment before its commit.
GUARDED_TABLES: set[str] = set()
