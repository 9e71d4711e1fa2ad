"""Sellers get their money: available balances become payouts, which Stripe or staff carry out."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Seller
from config.shared.errors import InvalidTransition
from config.shared.money import Money
from payments.models import Account, LedgerTransaction, Payout, PayoutAccount
from payments.services.balances import balances
from payments.services.books import Kind, Line, post, post_opposite
from payments.services.closing import owed
from payments.signals import payout_ended, payout_requested

logger = structlog.get_logger(__name__)
BELOW_MINIMUM, SUSPENDED, NOT_ONBOARDED = "below_minimum", "seller_suspended", "onboarding_incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does for a seller in a currency; nothing if there is a `reason` against it."""

    account: PayoutAccount
    money: Money
    reason: str = ""


@transaction.atomic
def run_payouts(
    *, batch: uuid.UUID, dry_run: bool = False, seller_id: int | None = None, currency: str = ""
) -> tuple[list[Payout], list[Plan]]:
    """Makes payouts of available balances; returns them, and what was left out and why. A dry run writes nothing.

    Later sales net negative balances. Two concurrent runs pay nobody twice: each locks the sellers' payout accounts, in
    order, and what the first has claimed is no longer available to the second.
    """
    plans = list(planned(lock_accounts(seller_id), currency))
    paid = [plan for plan in plans if not plan.reason]
    payouts = [build(plan, batch) for plan in paid]
    if not dry_run:
        for payout in payouts:
            open_payout(payout)
    return payouts, [plan for plan in plans if plan.reason]


def lock_accounts(seller_id: int | None) -> list[PayoutAccount]:
    """Locks the payout accounts of all sellers who are owed something; creates missing ones."""
    found = owed(sellers=None if seller_id is None else [seller_id], accounts=[Account.SELLER_PAYABLE])
    sellers = sorted({seller for (seller, _, _), amount in found.items() if amount > 0})
    PayoutAccount.objects.bulk_create(
        [PayoutAccount(seller_id=seller) for seller in sellers], ignore_conflicts=True
    )
    accounts = PayoutAccount.objects.filter(seller__in=sellers).locked()
    return list(accounts.select_related("seller").order_by("pk"))


def planned(accounts: list[PayoutAccount], currency: str) -> Iterator[Plan]:
    """Needs the accounts' locks: balances are read after locking."""
    found = balances([account.seller_id for account in accounts])
    for account in accounts:
        for balance in found[account.seller_id].values():
            if balance.available > 0 and currency in ("", balance.currency):
                money = Money(balance.available, balance.currency)
                yield Plan(account=account, money=money, reason=reason_against(account, money))


def reason_against(account: PayoutAccount, money: Money) -> str:
    if account.seller.status == Seller.Status.SUSPENDED:
        return SUSPENDED
    if money.amount < settings.PAYOUT_MINIMUM:
        return BELOW_MINIMUM
    return NOT_ONBOARDED if account.provider_reference and not account.payouts_enabled else ""


def build(plan: Plan, batch: uuid.UUID) -> Payout:
    return Payout(
        seller=plan.account.seller,
        method=plan.account.method,
        destination=plan.account.provider_reference,
        amount=plan.money.amount,
        currency=plan.money.currency,
        batch=batch,
        created_at=timezone.now(),
    )


def open_payout(payout: Payout) -> None:
    """Writes the row and its claim on the balance; a job asks Stripe."""
    payout.save(force_insert=True)
    post_payout(payout, Kind.PAYOUT, Account.SELLER_PAYABLE, Account.PAYOUT_CLEARING)
    if payout.method == Payout.Method.STRIPE:
        payout_requested.send(sender=Payout, payout=payout)


def post_payout(payout: Payout, kind: str, out_of: str, into: str, *, suffix: str = "") -> None:
    """Moves a payout's amount from one account to another."""
    post(
        kind=kind,
        reference=f"{kind}:{payout.pk}{suffix}",
        currency=payout.currency,
        payout=payout,
        lines=[
            Line(account=out_of, amount=-payout.amount, seller_id=payout.seller_id),
            Line(account=into, amount=payout.amount, seller_id=payout.seller_id),
        ],
    )


def lock_payout(payout_id: int) -> Payout:
    return (
        Payout.objects.select_for_update(of=("self",), no_key=True).select_related("seller").get(pk=payout_id)
    )


@transaction.atomic
def finish_payout(*, payout_id: int, reference: str = "") -> Payout:
    """Marks the payout paid; a repeat changes nothing."""
    payout = lock_payout(payout_id)
    if payout.status == Payout.Status.CANCELLED and reference and not payout.provider_reference:
        claim_again(payout)
    if payout.status in Payout.UNSENT:
        payout.status, payout.paid_at = Payout.Status.PAID, timezone.now()
        payout.provider_reference, payout.failure_code, payout.leased_until = reference, "", None
        payout.save()
        cash = Account.STRIPE if payout.method == Payout.Method.STRIPE else Account.BANK
        post_payout(payout, Kind.PAYOUT_PAID, Account.PAYOUT_CLEARING, cash)
        payout_ended.send(sender=Payout, payout=payout)
    return payout


def claim_again(payout: Payout) -> None:
    """Stripe has sent a payout that was cancelled: debits the seller's balance again, below zero if need be."""
    logger.error("payout_sent_after_its_end", payout=payout.pk)
    post_payout(payout, Kind.PAYOUT, Account.SELLER_PAYABLE, Account.PAYOUT_CLEARING, suffix=":again")
    payout.status = Payout.Status.PENDING


@transaction.atomic
def mark_payout_paid(*, payout_id: int) -> Payout:
    """Staff have made the transfer of a manual payout. Raises InvalidTransition."""
    payout = lock_payout(payout_id)
    if payout.method != Payout.Method.MANUAL or payout.status != Payout.Status.PENDING:
        raise InvalidTransition(status=payout.status, allowed=[])
    return finish_payout(payout_id=payout_id)


@transaction.atomic
def give_back(*, payout_id: int, code: str = "", from_statuses: tuple[str, ...] = Payout.UNSENT) -> Payout:
    """Returns the money of a payout that came to nothing to the seller's balance. Raises InvalidTransition."""
    payout = lock_payout(payout_id)
    if payout.status not in from_statuses:
        raise InvalidTransition(status=payout.status, allowed=[])
    payout.status, payout.failure_code, payout.leased_until = Payout.Status.CANCELLED, code[:64], None
    payout.save()
    post_return(payout)
    payout_ended.send(sender=Payout, payout=payout)
    return payout


def post_return(payout: Payout) -> None:
    """Reverses the payout's postings that were not reversed before."""
    postings = LedgerTransaction.objects.filter(payout=payout)
    taken_back = set(postings.filter(kind=Kind.PAYOUT_CANCELLED).values_list("reference", flat=True))
    for posted in postings.exclude(kind=Kind.PAYOUT_CANCELLED).order_by("pk"):
        reference = f"{posted.reference}:cancelled"
        if reference not in taken_back:
            post_opposite(posted, kind=Kind.PAYOUT_CANCELLED, reference=reference, payout=payout)
