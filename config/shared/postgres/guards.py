"""Guards: told of a transaction's writes before it commits, and again after it has."""

from collections.abc import Sequence
from typing import Protocol


class Guard(Protocol):
    """Neither method may raise: a guard cannot stop the transaction."""

    def before_commit(self, details: Sequence[str]) -> None: ...

    def after_commit(self, details: Sequence[str]) -> None: ...


# Message of a trigger's NOTICE → the guard that gets its details.
GUARDS: dict[str, Guard] = {}
# A write to one of these outside a transaction is given its own, since there must be a moment before its commit.
GUARDED_TABLES: set[str] = set()
