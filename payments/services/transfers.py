"""Payouts through Stripe Connect. Never inside a transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import stripe
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from config.shared.errors import InvalidTransition
from config.shared.lookups import is_id
from payments import gateway
from payments.errors import PayoutBusy, StripeBroke
from payments.intents import stripe_amount
from payments.models import Payout
from payments.providers import renew_token
from payments.services.payouts import finish_payout, give_back

logger = structlog.get_logger(__name__)


def send_payout(*, payout_id: int) -> Payout:
    """Transfers a payout to the seller's account; repeating it is harmless. Raises StripeDown.

    It is never paid twice: the row exists before the call, one worker holds its lease, Stripe is asked for an earlier
    transfer first, and a call that Stripe may have begun is repeated under the same idempotency key. After StripeDown
    the reconciler continues once the lease has expired.
    """
    with leased(payout_id) as payout:
        if payout is not None:
            carry_out(payout)
    return Payout.objects.get(pk=payout_id)


def carry_out(payout: Payout) -> None:
    """Needs the lease."""
    try:
        transfer = find_transfer(payout) or create_transfer(payout)
    except stripe.InvalidRequestError as problem:
        renew_token(payout)
        code = (problem.code or "refused")[:64]
        logger.error("payout_refused", payout=payout.pk, code=code)
        Payout.objects.unsent().filter(pk=payout.pk).update(status=Payout.Status.FAILED, failure_code=code)
    else:
        finish_payout(payout_id=payout.pk, reference=transfer)


@contextmanager
def leased(payout_id: int) -> Iterator[Payout | None]:
    """Leases the payout to this worker for as long as its calls can last; None if it is sent or another worker has it.

    Only success ends the lease early. After a failure Stripe may still be working, so nobody cancels or retries the
    payout until the lease expires.
    """
    lasts = timedelta(seconds=4 * settings.STRIPE_TIMEOUT + 30)
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    rows = Payout.objects.unsent().filter(free, pk=payout_id)
    moment = timezone.now()
    taken = rows.update(leased_until=Now() + lasts, attempts=F("attempts") + 1, checked_at=moment)
    yield Payout.objects.select_related("seller").get(pk=payout_id) if taken else None
    if taken:
        Payout.objects.filter(pk=payout_id, checked_at=moment).update(leased_until=None)


def find_transfer(payout: Payout) -> str | None:
    """The transfer made under the payout's name, even if its answer was lost."""
    params: stripe.params.TransferListParams = {"transfer_group": payout.group, "limit": 1}
    made = gateway.call(lambda client: client.v1.transfers.list(params)).data
    return made[0].id if made else None


def create_transfer(payout: Payout) -> str:
    params: stripe.params.TransferCreateParams = {
        "amount": stripe_amount(payout.money),
        "currency": payout.currency.lower(),
        "destination": payout.destination,
        "transfer_group": payout.group,
        "metadata": {"payout": str(payout.pk)},
    }
    key: stripe.RequestOptions = {"idempotency_key": payout.key}
    try:
        return gateway.call(lambda client: client.v1.transfers.create(params, key)).id
    except StripeBroke:
        renew_token(payout)
        raise


def cancel_payout(*, payout_id: int, done: Callable[[Payout], None] = lambda payout: None) -> Payout:
    """Returns the money to the seller's balance if nothing was sent. Raises InvalidTransition, PayoutBusy, StripeDown.

    `done(payout)` runs in the transaction that ends the payout.
    """
    payout = Payout.objects.get(pk=payout_id)
    if payout.method == Payout.Method.MANUAL:
        return end_payout(payout_id, None, done)
    if payout.status not in Payout.UNSENT:
        raise InvalidTransition(status=payout.status, allowed=[])
    with leased(payout_id) as held:
        if held is None:
            raise PayoutBusy
        return end_payout(payout_id, find_transfer(held), done)


@transaction.atomic
def end_payout(payout_id: int, transfer: str | None, done: Callable[[Payout], None]) -> Payout:
    """Marks the payout paid if there is a transfer, else returns its money to the balance."""
    payout = (
        finish_payout(payout_id=payout_id, reference=transfer) if transfer else give_back(payout_id=payout_id)
    )
    done(payout)
    return payout


def take_transfer(reference: str) -> bool:
    """Marks a transfer's payout paid, even a cancelled one; returns whether the transfer is ours.

    The money of a transfer that was fully reversed at Stripe returns to the seller's balance.
    """
    transfer = gateway.call(lambda client: client.v1.transfers.retrieve(reference))
    payout = payout_of(transfer)
    if payout is None:
        return False
    if not payout.provider_reference:
        payout = finish_payout(payout_id=payout.pk, reference=transfer.id)
    if transfer.reversed and payout.status == Payout.Status.PAID:
        give_back(payout_id=payout.pk, code="reversed", from_statuses=(Payout.Status.PAID,))
    return True


def payout_of(transfer: stripe.Transfer) -> Payout | None:
    """By its reference or, until an answer stores that, by its metadata; the group tells databases apart.

    A payout's second transfer matches none: people have to look at it.
    """
    known = Payout.objects.filter(provider_reference=transfer.id).first()
    named = (transfer.to_dict().get("metadata") or {}).get("payout", "")
    if known is not None or not is_id(named):
        return known
    told = Payout.objects.filter(pk=named, method=Payout.Method.STRIPE, provider_reference="").first()
    return told if told and told.group == transfer.transfer_group else None
