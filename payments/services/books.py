"""The books: what happened, as lines that sum to zero. Each posting joins the transaction of the event that it records.

An amount is added to its account. What the shop owes or earns is positive, what it has or spends negative (a credit and
a debit in an accountant's words). Postings about an order need its lock, because shares are taken of what is left.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from config.shared.money import apply_rate, share
from orders.models import OrderPart
from payments.models import Account, LedgerEntry, LedgerTransaction, Payment

Kind = LedgerTransaction.Kind
# Accounts that a sale credits; a refund or a lost dispute takes the same shares back.
SHARED = (Account.SELLER_PAYABLE, Account.COMMISSION, Account.COMMISSION_TAX, Account.SHIPPING, Account.TAX)
Shares = dict[tuple[int, int, str], int]  # (part, seller, account) → minor units


MOMENT: ContextVar[datetime | None] = ContextVar("MOMENT", default=None)


@contextmanager
def dated(moment: datetime) -> Iterator[None]:
    """Dates the postings inside, to load past data. A posting cannot be dated afterwards."""
    token = MOMENT.set(moment)
    try:
        yield
    finally:
        MOMENT.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    account: str
    amount: int
    seller_id: int | None = None
    part_id: int | None = None


@transaction.atomic(savepoint=False)
def post(
    *,
    kind: str,
    reference: str,
    currency: str,
    lines: Iterable[Line],
    order_id: int | None = None,
    **about: Any,
) -> LedgerTransaction | None:
    """Writes a transaction without lines of zero; writes nothing if no line is left.

    At the commit the database rejects a sum other than zero; a second posting with the same `reference` fails at once.
    """
    lines = [line for line in lines if line.amount]
    if not lines:
        return None
    moment = {"created_at": then} if (then := MOMENT.get()) else {}
    posted = LedgerTransaction.objects.create(
        kind=kind, reference=reference, lines=len(lines), order_id=order_id, **about, **moment
    )
    entries = [
        LedgerEntry(
            transaction=posted,
            account=line.account,
            amount=line.amount,
            currency=currency,
            seller_id=line.seller_id,
            part_id=line.part_id,
            order_id=order_id,
            **moment,
        )
        for line in lines
    ]
    LedgerEntry.objects.bulk_create(entries)
    return posted


def post_opposite(of: LedgerTransaction, *, kind: str, reference: str, **about: Any) -> None:
    """Reverses a posting, line by line."""
    entries = list(of.entries.order_by("pk"))  # type: ignore[attr-defined]
    lines = [
        Line(account=entry.account, amount=-entry.amount, seller_id=entry.seller_id, part_id=entry.part_id)
        for entry in entries
    ]
    post(
        kind=kind,
        reference=reference,
        currency=entries[0].currency,
        lines=lines,
        order_id=of.order_id,
        payment_id=of.payment_id,
        **about,
    )


def cash_of(payment: Payment) -> str:
    """The account that holds a payment's money."""
    return Account.STRIPE if payment.provider == Payment.Provider.STRIPE else Account.BANK


def shares_of_sale(parts: Iterable[OrderPart]) -> Shares:
    """Shares the parts' totals out to the cent. Commission is taken on the goods without shipping and tax."""
    shares: Shares = {}
    for part in parts:
        for account, amount in split(part).items():
            shares[(part.pk, part.seller_id, account)] = amount
    return shares


def split(part: OrderPart) -> Mapping[str, int]:
    """A part's total by account; see docs/decisions."""
    items = list(part.items.all())  # type: ignore[attr-defined]
    goods_tax_included = sum(item.tax_amount for item in items if item.tax_inclusive)
    goods = part.subtotal_amount - part.discount_amount - goods_tax_included
    shipping = part.shipping_amount - (part.tax_included_amount - goods_tax_included)
    commission = apply_rate(goods, part.commission_rate)
    commission_tax = min(apply_rate(commission, settings.COMMISSION_TAX_RATE), goods - commission)
    amounts: dict[str, int] = defaultdict(int)
    amounts[Account.SELLER_PAYABLE] = goods - commission - commission_tax
    amounts[Account.COMMISSION], amounts[Account.COMMISSION_TAX] = commission, commission_tax
    amounts[Account.SELLER_PAYABLE if settings.SHIPPING_KEPT_BY == "seller" else Account.SHIPPING] += shipping
    amounts[Account.SELLER_PAYABLE if settings.TAX_KEPT_BY == "seller" else Account.TAX] += part.tax_amount
    return amounts


def shares_left(payment: Payment) -> Shares:
    """The shares of a payment's sale that were not taken back; reserved amounts count as the seller's."""
    entries = LedgerEntry.objects.filter(transaction__payment=payment, part__isnull=False)
    sums = entries.values("part", "seller", "account").annotate(total=Sum("amount"))
    left: Shares = defaultdict(int)
    for row in sums.order_by("part", "account"):
        account = row["account"] if row["account"] != Account.RESERVE else str(Account.SELLER_PAYABLE)
        if account in SHARED:
            left[(row["part"], row["seller"], account)] += row["total"]
    return {key: left[key] for key in sorted(left, key=place) if left[key] > 0}


def left_in_books(part: OrderPart) -> int | None:
    """What is left of all shares of a part's sale; None if the sale was not posted."""
    entries = LedgerEntry.objects.filter(part=part, account__in=[*SHARED, Account.RESERVE])
    total: int | None = entries.aggregate(total=Sum("amount"))["total"]
    return total


def place(key: tuple[int, int, str]) -> tuple[int, int]:
    """Sort key: remainders go to earlier parts, and there to the seller before the shop."""
    return key[0], SHARED.index(Account(key[2]))


def take(left: Shares, amount: int, *, part_id: int | None = None) -> Shares:
    """Takes at most `amount`, in proportion, from what is left: first from the part, then from the others."""
    own = {key: value for key, value in left.items() if part_id in (None, key[0])}
    taken = proportion(own, min(amount, sum(own.values())))
    if rest := amount - sum(taken.values()):
        others = {key: value for key, value in left.items() if key not in own}
        taken |= proportion(others, min(rest, sum(others.values())))
    return taken


def take_each(left: Shares, amounts: Mapping[int, int]) -> Shares:
    """Takes each part's own amount (by its id), in proportion, from what is left of that part only."""
    taken: Shares = {}
    for part_id, amount in amounts.items():
        own = {key: value for key, value in left.items() if key[0] == part_id}
        taken |= proportion(own, min(amount, sum(own.values())))
    return taken


def proportion(shares: Shares, amount: int) -> Shares:
    return dict(zip(shares, share(amount, list(shares.values())), strict=True))


def lines_of(shares: Shares, sign: int = 1) -> list[Line]:
    return [
        Line(account=account, amount=sign * amount, seller_id=seller_id, part_id=part_id)
        for (part_id, seller_id, account), amount in shares.items()
    ]
