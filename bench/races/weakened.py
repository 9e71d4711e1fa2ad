"""The project's settings, with guards that can be taken away: the controls of the races run on these.

A guard is words of a statement: a lock, a condition, an order. The file that `RACES_WITHOUT` names lists, one a line, those
that are taken out of every statement at present. The project itself knows nothing of it.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

from config.settings import *  # noqa: F403
from config.shared.postgres import prepared

WITHOUT = Path(os.environ["RACES_WITHOUT"])
WEB_THREADS = (
    64  # the bulkhead before Stripe, which leaves one free, is wider than the threads that there are
)
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_PARSER_CLASSES": ["bench.races.naive.JSONParser"]}  # noqa: F405


@dataclass(frozen=True)
class Guard:
    """What a statement says without it, and how long its race is held open."""

    words: str
    instead: str = ""
    pause: float = 0.0

    def without(self, sql: str) -> str:
        return re.sub(self.words, self.instead, sql)


def lock(table: str, pause: float = 0.0) -> Guard:
    return Guard(rf' FOR (NO KEY )?UPDATE OF "{table}"', pause=pause)


GUARDS: dict[str, tuple[Guard, ...]] = {
    "stock": (
        Guard(r"ORDER BY level\.id FOR NO KEY UPDATE OF level"),
        Guard(r"AND level\.reserved \+ plan\.reserve - \(level\.on_hand \+ plan\.hand\) <= level\.backorder_limit"),
    ),
    "order of locks": (
        Guard(
            r"ORDER BY level\.id FOR NO KEY", "ORDER BY md5(level.id || pg_backend_pid()::text) FOR NO KEY"
        ),
    ),
    "uses of a coupon": (
        Guard(
            r'\("orders_coupon"\."usage_limit" IS NULL OR "orders_coupon"\."used_count" < \(?"orders_coupon"\."usage_limit"\)?\)',
            "true",
        ),
    ),
    "cart": (lock("orders_cart", 0.05),),
    "key": (
        Guard(r"pg_try_advisory_xact_lock\(hashtextextended\(%\(name\)s, 0\)\)", "true"),
        Guard(r'(FROM "shared_idempotencyrecord" WHERE)', r"\1 true AND", 0.05),
    ),
    "order and payment": (lock("orders_order", 0.05), lock("payments_payment", 0.05)),
    "room for a refund": (
        lock("orders_order", 0.05),
        lock("payments_payment"),
        Guard(
            r'"payments_payment"\."captured_amount" >= \(+"payments_payment"\."refund_amount" \+ %s\)+',
            "%s::bigint IS NOT NULL",
        ),
    ),
    "reconciler": (
        Guard(r'"payments_payment"\."checked_at" < ', 'false AND "payments_payment"."checked_at" < '),
        Guard(r"VALUES \(%s, %s, %s\)(?=\s+ON CONFLICT \(event_id\))", "SELECT %s, %s, %s WHERE false"),
    ),
    "later looks at a payment": (
        Guard(r'"payments_payment"\."checked_at" < ', 'false AND "payments_payment"."checked_at" < '),
    ),
    "token of a payment": (
        Guard(r'"payments_payment"\."token" = ', 'false AND "payments_payment"."token" = '),
    ),
}  # fmt: skip


def names() -> list[str]:
    return [name for name in WITHOUT.read_text().splitlines() if name]


def weakened(sql: str) -> tuple[str, float]:
    """The statement without what is taken away, and how long its race is then held open."""
    pause = 0.0
    for name in names():
        for guard in GUARDS.get(name, ()):
            changed = guard.without(sql)
            pause, sql = (guard.pause if changed != sql else pause), changed
    return sql, pause


def weaken(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
    sql, pause = weakened(sql) if isinstance(sql, str) else (sql, 0.0)
    result = execute(sql, *rest)
    time.sleep(pause)
    return result


def put_off(sql: str, *rest: Any, later: Callable[..., None] = prepared.later, **named: Any) -> None:
    """Statements that wait for the next one pass no wrapper."""
    later(weakened(sql)[0], *rest, **named)


prepared.later = put_off


def listen(connection: Any, **rest: Any) -> None:
    if weaken not in connection.execute_wrappers:
        connection.execute_wrappers.append(weaken)


connection_created.connect(listen, dispatch_uid="bench.races")
