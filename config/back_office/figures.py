"""The figures of the dashboard. Each is one indexed statement for one currency and a bounded period, read from the
replica if there is one."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import Seller, User
from catalog.models import StockLevel
from config.shared.actor import CUSTOMER
from config.shared.postgres.replica import for_reports, rows_for_reports
from orders.models import Order, OrderItem
from payments.models import Account, Dispute, Payout, Refund
from payments.services import owed
from social.models import ReviewReport

LATEST_ORDERS = 2_000  # their currencies are offered
TOP = 8
MANY = 100  # a queue is counted no further than this


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def currencies() -> list[str]:
    """The currencies of the newest orders, the most frequent first."""
    newest = (
        rows_for_reports(Order)
        .order_by("-created_at", "-pk")
        .values_list("currency", flat=True)[:LATEST_ORDERS]
    )
    found = list(newest)
    return sorted(set(found), key=lambda currency: (-found.count(currency), currency))


def placed(currency: str, since: date) -> QuerySet[Order]:
    return rows_for_reports(Order).filter(currency=currency, created_at__gte=start_of(since))


def by_day(rows: QuerySet, value: Any, column: str = "created_at") -> dict[date, int]:
    days = rows.order_by().annotate(day=TruncDate(column)).values("day").annotate(value=value)
    return dict(days.values_list("day", "value"))


def revenue(currency: str, since: date) -> dict[date, int]:
    """The total in minor units of the paid orders placed on each day, before refunds."""
    return by_day(placed(currency, since).filter(paid_at__isnull=False), Sum("total_amount"))


def refunded(currency: str, since: date) -> dict[date, int]:
    """Refunds in minor units by the day of their posting, which is indexed."""
    rows = rows_for_reports(Refund).filter(
        currency=currency, postings__kind="refund", postings__created_at__gte=start_of(since)
    )
    return by_day(rows.exclude(status=Refund.Status.FAILED), Sum("amount"), "postings__created_at")


def orders_by_status(currency: str, since: date) -> list[tuple[str, int]]:
    rows = placed(currency, since).order_by().values("status").annotate(orders=Count("pk"))
    return list(rows.order_by("-orders", "status").values_list("status", "orders"))


def best_sellers(currency: str, since: date) -> list[dict[str, Any]]:
    """Products by the units that buyers of paid orders kept."""
    paid = placed(currency, since).filter(paid_at__isnull=False)
    rows = rows_for_reports(OrderItem).filter(order__in=paid).order_by().values("product_id")
    sums = rows.annotate(
        units=Sum(F("quantity") - F("cancelled_quantity") - F("returned_quantity")), worth=Sum("total_amount")
    )
    best = list(sums.filter(units__gt=0).order_by("-units", "product_id")[:TOP])
    titles = dict(
        rows_for_reports(OrderItem)
        .filter(product_id__in=[row["product_id"] for row in best], order__in=paid)
        .order_by("product_id", "-pk")
        .distinct("product_id")
        .values_list("product_id", "title")
    )
    return [row | {"title": titles[row["product_id"]]} for row in best]


def new_customers(since: date) -> dict[date, int]:
    return by_day(rows_for_reports(User).filter(role=CUSTOMER, created_at__gte=start_of(since)), Count("pk"))


def low_stock() -> list[StockLevel]:
    """A sample of stock at or below its threshold, the lowest first."""
    low = rows_for_reports(StockLevel).filter(
        low_stock_threshold__gt=0, on_hand__lte=F("low_stock_threshold") + F("reserved"),
        variant__is_archived=False, variant__product__status="active",
    )  # fmt: skip
    found = low.select_related("variant__product", "location")[:MANY]
    return sorted(found, key=lambda level: (level.available, level.pk))[:TOP]


def payouts(currency: str) -> dict[str, int]:
    """What the platform owes the sellers, and how much of it is on its way to them."""
    sums = dict.fromkeys((Account.SELLER_PAYABLE, Account.RESERVE, Account.PAYOUT_CLEARING), 0)
    for (_, of, account), amount in owed(using=for_reports()).items():
        if of == currency:
            sums[Account(account)] += amount
    return sums


def waiting() -> Iterable[tuple[str, str, str, int]]:
    """What people must decide: the permission to see it, its name, its list, and how many (at most `MANY`)."""
    queues: list[tuple[str, str, str, QuerySet]] = [
        ("accounts.view_seller", "shops that applied", "accounts_seller_changelist?status__exact=pending",
         rows_for_reports(Seller).filter(status=Seller.Status.PENDING)),
        ("social.view_review", "reviews that were reported", "social_review_changelist?waits=yes",
         rows_for_reports(ReviewReport).filter(decided_at=None)),
        ("payments.view_dispute", "disputes that wait for evidence", "payments_dispute_changelist?status__exact=open",
         rows_for_reports(Dispute).filter(status=Dispute.Status.OPEN)),
        ("payments.view_payout", "payouts that failed", "payments_payout_changelist?status__exact=failed",
         rows_for_reports(Payout).filter(status=Payout.Status.FAILED)),
        ("payments.view_payout", "bank transfers to make", "payments_payout_changelist?status__exact=pending&method__exact=manual",
         rows_for_reports(Payout).filter(status=Payout.Status.PENDING, method=Payout.Method.MANUAL)),
    ]  # fmt: skip
    for permission, name, address, rows in queues:
        yield permission, name, address, rows[:MANY].count()


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
