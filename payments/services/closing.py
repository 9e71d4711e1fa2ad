"""Closes the ledger's days: stores the balances of each seller's accounts at the end of a day. A balance is then the
last closed day plus the entries after it, however long the shop has been trading.

Closings are derived and disposable: when an entry is dated into a closed day, the database deletes the closings from
that day on (`payments_reopen_ledger`), and the next run closes the days again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Max, QuerySet, Sum

from payments.models import Account, LedgerClosing, LedgerEntry

OWED = (Account.SELLER_PAYABLE, Account.RESERVE, Account.PAYOUT_CLEARING)
DAY = timedelta(days=1)
LATE = timedelta(hours=1)  # after midnight, as clocks differ
# Serialises concurrent closings, and closings with backdated entries.
LOCK = "LOCK TABLE payments_ledgerclosing IN SHARE ROW EXCLUSIVE MODE"
# An entry has its statement's time, which is never before its transaction began. A running transaction may therefore
# add entries for any moment since its start, so days are closed only up to the oldest one.
# PostgreSQL shows other roles' `xact_start` only to pg_read_all_stats; to others it is NULL, and those transactions are
# not waited for. Souk's processes share a role.
OLDEST = """
SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
CLOSE = """
WITH last AS (
  SELECT DISTINCT ON (seller_id, currency, account) seller_id, currency, account, amount FROM payments_ledgerclosing
  ORDER BY seller_id DESC, currency DESC, account DESC, day DESC
), moved AS (
  SELECT seller_id, currency, account, (created_at AT TIME ZONE 'UTC')::date AS day, sum(amount) AS amount
  FROM payments_ledgerentry
  WHERE account = ANY(%s) AND created_at >= %s AND created_at < %s GROUP BY 1, 2, 3, 4
)
INSERT INTO payments_ledgerclosing (seller_id, currency, account, day, amount)
SELECT seller_id, currency, account, day, coalesce(last.amount, 0)
  + sum(moved.amount) OVER (PARTITION BY seller_id, currency, account ORDER BY day)
FROM moved LEFT JOIN last USING (seller_id, currency, account)
"""
# One statement: a closing that is deleted between two statements would be missing in the sum.
CLOSED = """
SELECT through.day, closed.* FROM (SELECT max(day) AS day FROM payments_ledgerclosing WHERE day < %(before)s) AS through
LEFT JOIN (
  SELECT DISTINCT ON (seller_id, currency, account) seller_id, currency, account, amount FROM payments_ledgerclosing
  WHERE day < %(before)s AND account = ANY(%(accounts)s) AND (%(sellers)s::bigint[] IS NULL OR seller_id = ANY(%(sellers)s))
  ORDER BY seller_id DESC, currency DESC, account DESC, day DESC
) AS closed ON true
"""
NEVER = date(1970, 1, 1)
Key = tuple[int, str, str]  # seller, currency, account


@transaction.atomic(savepoint=False)
def close_books(*, timestamp: int) -> int:
    """Closes the days (UTC) that are over at `timestamp` (seconds); returns how many closings were written."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else the view is as old as the transaction
        cursor.execute(OLDEST)
        [oldest] = cursor.fetchone()
        now = datetime.fromtimestamp(timestamp, UTC) - LATE
        until = start_of(min(now, oldest or now).astimezone(UTC).date())
        last = LedgerClosing.objects.aggregate(day=Max("day"))["day"] or NEVER
        cursor.execute(CLOSE, [list(OWED), after(last), until])
        return cursor.rowcount


def owed(
    *,
    sellers: Iterable[int] | None = None,
    accounts: Iterable[str] = OWED,
    before: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Mapping[Key, int]:
    """Minor units by seller, currency and account, as of `before` (the start of a day), or as of now."""
    of, at = list(accounts), None if sellers is None else list(sellers)
    through, found = closed(of, at, before, using)
    moved = moved_since(through, of, at).using(using)
    if before is not None:
        moved = moved.filter(created_at__lt=before)
    for seller, currency, account, amount in moved:
        found[seller, currency, account] += amount
    return found


def moved_since(through: date, accounts: Iterable[str], sellers: list[int] | None) -> QuerySet:
    """The entries after a closed day, summed as rows of seller, currency, account and minor units."""
    since = LedgerEntry.objects.filter(account__in=accounts, created_at__gte=after(through))
    if sellers is not None:
        since = since.filter(seller__in=sellers)
    return since.order_by().values_list("seller", "currency", "account").annotate(total=Sum("amount"))


def closed(
    accounts: Iterable[str],
    sellers: list[int] | None,
    before: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> tuple[date, defaultdict[Key, int]]:
    """The last closed day (if given, before `before`'s day), and the balances at its end."""
    until = date.max if before is None else before.date()
    with connections[using].cursor() as cursor:
        cursor.execute(CLOSED, {"before": until, "accounts": list(accounts), "sellers": sellers})
        rows = cursor.fetchall()
    amounts = {(seller, currency, account): amount for _, seller, currency, account, amount in rows if seller}
    return rows[0][0] or NEVER, defaultdict(int, amounts)


def after(day: date) -> datetime:
    return start_of(day + DAY)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
