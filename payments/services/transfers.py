"""Payouts through Stripe Connect. None of it inside a transaction."""

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

    It is never paid twice: the row is there before the call, one worker holds its lease, Stripe is asked for an earlier
    transfer first, and what Stripe may have begun is repeated under the same idempotency key. After StripeDown the
    reconciler goes on when the lease has lapsed.
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
    """The payout, for this worker alone as long as its calls can last; None when it is sent or another's.

    Only what ended well gives it back. After a failure Stripe may still be at work, so nobody calls the payout off or
    begins anew until the lease has lapsed.
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
    """What was sent under the payout's name, also when its answer was lost."""
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
    """Gives the money back to the seller's balance, if nothing has left. Raises InvalidTransition, PayoutBusy, StripeDown.

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
    """By the transfer that there is, or by giving back."""
    payout = (
        finish_payout(payout_id=payout_id, reference=transfer) if transfer else give_back(payout_id=payout_id)
    )
    done(payout)
    return payout


def take_transfer(reference: str) -> bool:
    """Whether the transfer is one of ours: then its payout is paid, also one that was called off before Stripe was done.

    One that was taken back whole at Stripe is the seller's balance again.
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
    """By its reference or, as long as no answer told that, by what went along; the group keeps databases apart.

    A second transfer of a payout is nobody's: people have to look at it.
    """
    known = Payout.objects.filter(provider_reference=transfer.id).first()
    named = (transfer.to_dict().get("metadata") or {}).get("payout", "")
    if known is not None or not is_id(named):
        return known
    told = Payout.objects.filter(pk=named, method=Payout.Method.STRIPE, provider_reference="").first()
    return told if told and told.group == transfer.transfer_group else None
