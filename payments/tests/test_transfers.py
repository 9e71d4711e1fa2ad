"""Transfers whose end nobody knows yet: a payout is never called off beside one, and the books follow what Stripe says."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import AdminFactory
from payments import gateway, services
from payments.errors import PayoutBusy, StripeDown
from payments.models import Payout, StripeEvent
from payments.services import transfers
from payments.services.closing import OWED
from payments.services.payouts import finish_payout
from payments.services.transfers import cancel_payout
from payments.tests.factories import (
    books,
    check_books,
    deliver,
    deliver_parts,
    events_of,
    key,
    lapse,
    onboard,
    pay,
)

pytestmark = pytest.mark.django_db
THERE = {"seller_payable": 1799, "commission": 200}


@pytest.fixture
def payout(client: Any, order: Any, funded: Any) -> Payout:
    """17.99 USD for an account at Stripe, which has not been asked."""
    pay(client, order, payment_method="pm_card_bypassPending")
    deliver_parts(order)
    onboard(funded, order.parts.get().seller)
    (payout,), _ = services.run_payouts(batch=uuid.uuid4())
    return payout


@pytest.fixture
def lost(payout: Payout, standin: Any) -> str:
    """Stripe has made the transfer, and nobody was told."""
    standin.trouble(drop=True, method="POST", path="/v1/transfers")
    with pytest.raises(StripeDown):
        services.send_payout(payout_id=payout.pk)
    standin.calm()
    return transfer_of(standin, payout)


def transfer_of(standin: Any, payout: Payout) -> str:
    made = [event["data"]["object"] for event in standin.events("transfer.created")]
    (one,) = [transfer["id"] for transfer in made if transfer["transfer_group"] == payout.group]
    return str(one)


def tell(api: Any, standin: Any, run_jobs: Any, reference: str) -> None:
    for event in events_of(standin, reference):
        deliver(api, event)
    run_jobs()


def reverse(reference: str) -> None:
    gateway.call(
        lambda stripe: stripe.v1.transfers.reversals.create(reference, {}, {"idempotency_key": reference})
    )


def mine(payout: Payout) -> dict[str, int]:
    """What the shop owes the seller, and the commission."""
    return books(seller=payout.seller, account__in=[*OWED, "commission"])


def test_one_whose_end_is_unknown_is_not_called_off_until_its_lease_has_lapsed(
    as_user: Any, payout: Payout, lost: str
) -> None:
    cancel = f"/api/v1/admin/payouts/{payout.pk}/cancel"
    admin = as_user(AdminFactory())
    refused = admin.post(cancel, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (429, "payout_in_progress")
    assert mine(payout) == {"payout_clearing": 1799, "commission": 200}

    lapse()
    assert admin.post(cancel, headers=key()).json()["status"] == "paid"
    assert mine(payout) == {"commission": 200}


@pytest.mark.parametrize("trouble", [{"drop": True, "when": "before"}, {"status": 500}], ids=str)
def test_a_new_key_waits_for_the_end_of_the_lease(payout: Payout, standin: Any, trouble: Any) -> None:
    standin.trouble(method="POST", path="/v1/transfers", **trouble)
    with pytest.raises(StripeDown):
        services.send_payout(payout_id=payout.pk)
    standin.calm()

    assert services.send_payout(payout_id=payout.pk).status == "pending"
    with pytest.raises(PayoutBusy):
        cancel_payout(payout_id=payout.pk)
    lapse()
    assert services.send_payout(payout_id=payout.pk).status == "paid"


def test_a_webhook_says_what_the_answer_did_not(
    api: Any, payout: Payout, lost: str, standin: Any, run_jobs: Any
) -> None:
    tell(api, standin, run_jobs, lost)

    payout.refresh_from_db()
    assert (payout.status, payout.provider_reference, mine(payout)) == ("paid", lost, {"commission": 200})
    check_books()


@pytest.fixture
def called_off(lost: str, payout: Payout, monkeypatch: Any) -> Payout:
    """Stripe had shown no transfer when it was called off."""
    lapse()
    with monkeypatch.context() as patch:
        patch.setattr(transfers, "find_transfer", lambda payout: None)
        assert cancel_payout(payout_id=payout.pk).status == "cancelled"
    assert mine(payout) == THERE
    return payout


def test_one_that_was_sent_after_it_was_called_off_is_paid(
    *, api: Any, called_off: Payout, lost: str, standin: Any, run_jobs: Any
) -> None:
    tell(api, standin, run_jobs, lost)

    called_off.refresh_from_db()
    assert (called_off.status, called_off.provider_reference) == ("paid", lost)
    assert set(StripeEvent.objects.values_list("status", flat=True)) == {"processed"}
    assert mine(called_off) == {"commission": 200}
    check_books()


def test_such_a_one_can_still_be_reversed_at_stripe(
    *, api: Any, called_off: Payout, lost: str, standin: Any, run_jobs: Any
) -> None:
    tell(api, standin, run_jobs, lost)
    reverse(lost)
    tell(api, standin, run_jobs, lost)
    finish_payout(payout_id=called_off.pk, reference=lost)  # a late answer

    called_off.refresh_from_db()
    assert (called_off.status, called_off.failure_code, mine(called_off)) == ("cancelled", "reversed", THERE)
    check_books()


def test_a_transfer_that_was_reversed_at_stripe_is_the_sellers_again(
    *, api: Any, payout: Payout, standin: Any, run_jobs: Any
) -> None:
    services.send_payout(payout_id=payout.pk)
    reference = transfer_of(standin, payout)
    reverse(reference)
    tell(api, standin, run_jobs, reference)

    payout.refresh_from_db()
    assert (payout.status, payout.failure_code, mine(payout)) == ("cancelled", "reversed", THERE)
    check_books()


@pytest.mark.parametrize(
    "whose", [{"batch": uuid.uuid4()}, {"provider_reference": "tr_first", "status": "paid"}]
)
def test_another_databases_transfer_and_a_second_one_are_left_to_people(
    *, api: Any, payout: Payout, lost: str, standin: Any, run_jobs: Any, whose: Any
) -> None:
    Payout.objects.update(**whose)
    before = mine(payout)
    tell(api, standin, run_jobs, lost)

    assert StripeEvent.objects.get().status == "parked"
    assert mine(payout) == before == {"payout_clearing": 1799, "commission": 200}


def test_a_worker_that_was_overtaken_leaves_the_lease_of_the_next(payout: Payout) -> None:
    """Its own lease lapsed while it called, so another worker leased the payout anew."""
    until = timezone.now() + timedelta(minutes=5)
    with transfers.leased(payout.pk) as held:
        assert held is not None
        Payout.objects.filter(pk=payout.pk).update(checked_at=until, leased_until=until)
    assert Payout.objects.get().leased_until == until
