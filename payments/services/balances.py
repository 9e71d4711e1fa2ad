"""A seller's money, by currency: held back, available for payout, reserved for disputes, and on its way."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet, Sum, Value
from django.utils import timezone

from payments.models import Account, LedgerEntry
from payments.services.closing import OWED, closed, moved_since

HELD_BACK = "held_back"  # not an account: the part of `seller_payable` that is not available yet


@dataclass(slots=True, kw_only=True)
class Balance:
    """Minor units. `available` is negative if more was taken back than earned: later sales make it up."""

    currency: str
    pending: int = 0
    available: int = 0
    reserved: int = 0
    in_transit: int = 0


def balances_of(seller_id: int) -> list[Balance]:
    """By currency. A part's sale is pending until `PAYOUT_HOLDBACK_DAYS` after its delivery."""
    return list(balances([seller_id]).get(seller_id, {}).values())


def balances(seller_ids: list[int] | None = None) -> Mapping[int, Mapping[str, Balance]]:
    """Balances of these sellers, or of all: seller → currency → balance.

    One statement reads entries and hold-backs together, because sales and refunds do not wait for payouts: one that
    commits between two statements would be in only one of them. Closed days are fixed.
    """
    through, totals = closed(OWED, seller_ids)
    delivered_before = timezone.now() - timedelta(days=settings.PAYOUT_HOLDBACK_DAYS)
    moved = moved_since(through, OWED, seller_ids)
    for seller, currency, account, amount in moved.union(held_back(seller_ids, delivered_before), all=True):
        totals[seller, currency, account] += amount
    found: dict[int, dict[str, Balance]] = defaultdict(dict)
    for (seller, currency, account), total in sorted(totals.items()):
        count(found[seller].setdefault(currency, Balance(currency=currency)), account, total)
    return found


def count(balance: Balance, account: str, amount: int) -> None:
    if account == Account.SELLER_PAYABLE:
        balance.available += amount
    elif account == Account.RESERVE:
        balance.reserved = amount
    elif account == HELD_BACK:
        balance.pending = amount
        balance.available -= amount
    else:
        balance.in_transit = amount


def held_back(seller_ids: list[int] | None, delivered_before: datetime) -> QuerySet:
    """What is left of sales of parts not delivered before then, in rows like `moved_since`'s. Such parts are few."""
    sales = LedgerEntry.objects.filter(
        Q(part__delivered_at=None) | Q(part__delivered_at__gt=delivered_before),
        account=Account.SELLER_PAYABLE,
        part__isnull=False,
    )
    if seller_ids is not None:
        sales = sales.filter(seller__in=seller_ids, part__seller__in=seller_ids)
    by_part = sales.values("seller", "currency", "part").annotate(total=Sum("amount"))
    left = by_part.filter(total__gt=0).order_by()
    return left.values_list("seller", "currency", Value(HELD_BACK), "total")
