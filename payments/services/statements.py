"""A seller's statement: the events of a period, line by line, from one balance to the next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Seller
from config.shared.postgres.replica import for_reports
from payments.models import Account, LedgerEntry
from payments.services.books import Kind
from payments.services.closing import after, owed, start_of

OWED = [Account.SELLER_PAYABLE, Account.RESERVE]
FROM_CUSTOMERS = {Kind.SALE, Kind.REFUND, Kind.REFUND_FAILED, Kind.DISPUTE_LOST}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """Minor units. gross + commission + tax + shipping = net for customers' money; `net` is the change of the balance.

    Commission includes its tax; `tax` and `shipping` are what the shop keeps of them.
    """

    at: datetime
    kind: str
    order: str
    transaction: int
    note: str
    gross: int
    commission: int
    tax: int
    shipping: int
    net: int
    balance: int


@dataclass(slots=True, kw_only=True)
class Statement:
    seller: Seller
    currency: str
    first: date
    last: date
    opening: int
    lines: list[StatementLine] = field(default_factory=list)

    @property
    def closing(self) -> int:
        return self.lines[-1].balance if self.lines else self.opening

    def total(self, column: str) -> int:
        return sum(getattr(line, column) for line in self.lines)


def statement(*, seller: Seller, currency: str, first: date, last: date) -> Statement:
    """Both days included, in UTC. The balance is what the shop owes the seller: available, held back and reserved.

    Reads from the replica if there is one.
    """
    begin, end = start_of(first), after(last)
    alias = for_reports()
    entries = LedgerEntry.objects.using(alias).filter(seller=seller, currency=currency)
    stood = owed(sellers=[seller.pk], accounts=OWED, before=begin, using=alias)
    opening = sum(stood.get((seller.pk, currency, account), 0) for account in OWED)
    made = Statement(seller=seller, currency=currency, first=first, last=last, opening=opening)
    made.lines = list(lines(by_transaction(entries, begin, end), opening))
    return made


def by_transaction(entries: QuerySet, begin: datetime, end: datetime) -> QuerySet:
    def of(*accounts: str) -> Coalesce:
        return Coalesce(Sum("amount", filter=Q(account__in=accounts)), 0)

    within = entries.filter(created_at__gte=begin, created_at__lt=end)
    rows = within.values(
        "transaction", kind=F("transaction__kind"), at=F("transaction__created_at"),
        note=F("transaction__note"), number=F("order__number"),
    )  # fmt: skip
    return rows.annotate(
        net=of(*OWED),
        commission=of(Account.COMMISSION, Account.COMMISSION_TAX),
        tax=of(Account.TAX),
        shipping=of(Account.SHIPPING),
    ).order_by("at", "transaction")


def lines(rows: Iterable[dict], balance: int) -> Iterable[StatementLine]:
    for row in rows:
        kept = row["commission"] + row["tax"] + row["shipping"]
        if not row["net"] and not kept:
            continue  # only moves what is the seller's anyway
        balance += row["net"]
        yield StatementLine(
            at=row["at"],
            kind=row["kind"],
            order=row["number"] or "",
            transaction=row["transaction"],
            note=row["note"],
            gross=row["net"] + kept if row["kind"] in FROM_CUSTOMERS else 0,
            commission=-row["commission"],
            tax=-row["tax"],
            shipping=-row["shipping"],
            net=row["net"],
            balance=balance,
        )
