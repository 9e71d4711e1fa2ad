"""Compares the books with what happened: balanced, complete, and nothing posted that did not happen."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from payments.models import Account, Dispute, LedgerEntry, LedgerTransaction, Payment, Payout, Refund
from payments.services.closing import OWED

Finding = dict[str, Any]
CASH = [Account.STRIPE, Account.BANK]
NOTHING = Value(0)
CLOSINGS = """
SELECT seller_id, currency, account, day FROM (
  SELECT seller_id, currency, account, (created_at AT TIME ZONE 'UTC')::date AS day,
    sum(sum(amount)) OVER (PARTITION BY seller_id, currency, account ORDER BY (created_at AT TIME ZONE 'UTC')::date) AS amount
  FROM payments_ledgerentry WHERE account = ANY(%s)
    AND (created_at AT TIME ZONE 'UTC')::date <= (SELECT max(day) FROM payments_ledgerclosing)
  GROUP BY 1, 2, 3, 4
) AS posted FULL JOIN payments_ledgerclosing AS closed USING (seller_id, currency, account, day)
WHERE posted.amount IS DISTINCT FROM closed.amount ORDER BY 1, 2, 3, 4
"""


def audit() -> Iterator[Finding]:
    yield from unbalanced()
    yield from closings()
    yield from captures()
    yield from refunds()
    yield from clearing()
    yield from disputes()
    yield from payouts()


def finding(kind: str, detail: str, **about: Any) -> Finding:
    return {"kind": kind, "detail": detail, **about}


def unbalanced() -> Iterator[Finding]:
    for row in totals(LedgerEntry.objects.all(), "currency").exclude(total=0):
        yield finding("ledger_not_zero", "The ledger does not sum to zero.", **row)
    for row in totals(LedgerEntry.objects.all(), "transaction", "currency").exclude(total=0):
        yield finding("ledger_unbalanced", "A transaction does not sum to zero.", **row)
    short = LedgerTransaction.objects.annotate(found=Count("entries")).exclude(found=F("lines"))
    for posted in short:
        yield finding(
            "ledger_lines", "A transaction lacks lines, or has too many.", transaction=posted.reference
        )


def closings() -> Iterator[Finding]:
    """The closing of each closed day equals the sum of the entries up to its end."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSINGS, [list(OWED)])
        for seller, currency, account, day in cursor.fetchall():
            about = {"seller": seller, "currency": currency, "account": account, "day": str(day)}
            yield finding("ledger_closing", "A closed day is not the sum of its entries.", **about)


def totals(entries: QuerySet, *by: str) -> QuerySet:
    return entries.order_by().values(*by).annotate(total=Sum("amount"))


def captures() -> Iterator[Finding]:
    """Captured amounts equal posted ones, and every paid order has its sale posted."""
    cash = posted(Q(postings__kind="capture", postings__entries__account__in=CASH))
    for payment in Payment.objects.annotate(posted=cash).exclude(posted=-F("captured_amount")):
        yield finding("capture_not_posted", "What was captured is not what was posted.", payment=payment.pk)
    sales = Count("postings", filter=Q(postings__kind="sale"))
    ours = Payment.objects.filter(captured_amount__gt=0, is_surplus=False, order__paid_at__isnull=False)
    for unshared in ours.annotate(sales=sales).filter(sales=0):
        yield finding("sale_not_posted", "A paid order's money was not shared out.", payment=unshared.pk)


def posted(which: Q) -> Coalesce:
    return Coalesce(Sum("postings__entries__amount", filter=which), NOTHING)


def refunds() -> Iterator[Finding]:
    """Refunded amounts equal those posted as paid back."""
    cash = posted(Q(postings__entries__account__in=CASH))
    due = Case(When(status=Refund.Status.SUCCEEDED, then=F("amount")), default=NOTHING)
    for refund in Refund.objects.annotate(posted=cash, due=due).exclude(posted=F("due")):
        yield finding("refund_not_posted", "What went back is not what was posted.", refund=refund.pk)


def clearing() -> Iterator[Finding]:
    """Buyers' money that is neither shared out nor given back equals the pending refunds."""
    held = totals(LedgerEntry.objects.filter(account=Account.BUYER_CLEARING), "order").exclude(total=0)
    pending = Refund.objects.filter(status=Refund.Status.PENDING).order_by().values("payment__order")
    due = dict(pending.annotate(total=Sum("amount")).values_list("payment__order", "total"))
    found = dict(held.values_list("order", "total"))
    for order in sorted(found.keys() | due.keys()):
        if found.get(order, 0) != due.get(order, 0):
            yield finding(
                "buyer_clearing",
                "Buyers' money that is nobody's.",
                order=order,
                posted=found.get(order, 0),
                due=due.get(order, 0),
            )


def disputes() -> Iterator[Finding]:
    """Only an open dispute keeps money in reserve, and only open and lost ones have taken cash."""
    reserve = posted(Q(postings__entries__account=Account.RESERVE))
    for dispute in Dispute.objects.annotate(posted=reserve).exclude(status="open").exclude(posted=0):
        yield finding("reserve_kept", "A closed dispute keeps money in reserve.", dispute=dispute.pk)
    disputed = Q(postings__kind__in=["dispute", "dispute_won", "dispute_lost"])
    cash = posted(disputed & Q(postings__entries__account__in=CASH))
    due = Case(When(status__in=["open", "lost"], then=F("amount")), default=NOTHING)
    for dispute in Dispute.objects.annotate(posted=cash, due=due).exclude(posted=F("due")):
        yield finding("dispute_not_posted", "What the bank took is not what was posted.", dispute=dispute.pk)


def payouts() -> Iterator[Finding]:
    """What left a seller's balance equals what was paid out or is on its way."""
    taken = posted(Q(postings__entries__account=Account.SELLER_PAYABLE))
    due = Case(When(status=Payout.Status.CANCELLED, then=NOTHING), default=-F("amount"))
    for payout in Payout.objects.annotate(posted=taken, due=due).exclude(posted=F("due")):
        yield finding("payout_not_posted", "A payout is not what was posted.", payout=payout.pk)
    cash = posted(Q(postings__entries__account__in=CASH))
    sent = Case(When(status=Payout.Status.PAID, then=F("amount")), default=NOTHING)
    for unpaid in Payout.objects.annotate(posted=cash, due=sent).exclude(posted=F("due")):
        yield finding("payout_cash", "What was paid out is not what was posted.", payout=unpaid.pk)
