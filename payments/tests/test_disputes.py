"""A bank takes the money back: reserved at once, decided later, every cent accounted for."""

from types import SimpleNamespace
from typing import Any

import pytest

from accounts.tests.factories import AdminFactory, SellerFactory
from config.shared.models import EventRecord
from payments import services
from payments.models import Dispute, LedgerEntry, Payment, Refund
from payments.services import disputes
from payments.tests.factories import books, check_books, deliver, deliver_parts, events_of, key, pay

pytestmark = pytest.mark.django_db
SETTLED = {"stripe": -1999 + 88, "seller_payable": 1799, "commission": 200, "stripe_fees": -88}
OPEN = {
    "stripe": 88 + 1500, "disputes": -1999, "reserve": 1799, "commission": 200, "stripe_fees": -88 - 1500,
}  # fmt: skip
LOST = {"stripe": 88 + 1500, "stripe_fees": -88 - 1500}


@pytest.fixture
def paid(client: Any, order: Any, standin: Any, run_jobs: Any) -> Payment:
    pay(client, order, payment_method="pm_card_visa")
    run_jobs()
    assert books() == SETTLED
    return Payment.objects.get()


def tell(api: Any, standin: Any, run_jobs: Any, reference: str) -> None:
    """All webhooks of a dispute, as often as Stripe likes."""
    for event in events_of(standin, reference) * 2:
        deliver(api, event)
    run_jobs()


def dispute(standin: Any, payment: Payment) -> str:
    reference: str = standin.open_dispute(payment_intent=payment.provider_reference, reason="fraudulent")[
        "id"
    ]
    return reference


@pytest.mark.parametrize(("outcome", "books_then"), [("won", SETTLED), ("lost", LOST)])
def test_a_dispute_from_beginning_to_end(
    *, api: Any, as_user: Any, paid: Payment, standin: Any, run_jobs: Any, outcome: str, books_then: Any
) -> None:
    deliver_parts(paid.order)
    reference = dispute(standin, paid)
    tell(api, standin, run_jobs, reference)

    assert books() == OPEN
    check_books()
    seller = as_user(paid.order.parts.get().seller.user)
    assert seller.get("/api/v1/seller/balance").json()["reserved"] == [{"amount": 1799, "currency": "USD"}]
    standin.close_dispute(reference, outcome)
    tell(api, standin, run_jobs, reference)

    assert books() == books_then
    check_books()
    assert Dispute.objects.get().status == outcome
    told = EventRecord.objects.filter(type="order.disputed").order_by("pk")
    assert [event.data["status"] for event in told] == ["open", outcome]
    assert f"seller:{paid.order.parts.get().seller_id}" in told[0].audiences
    mine = seller.get("/api/v1/seller/disputes").json()["results"]
    assert [(one["order"], one["status"], "amount" in one) for one in mine] == [
        (str(paid.order_id), outcome, False)
    ]
    assert as_user(SellerFactory().user).get("/api/v1/seller/disputes").json()["results"] == []
    all_of_them = as_user(AdminFactory()).get("/api/v1/admin/disputes").json()["results"]
    assert [one["amount"]["amount"] for one in all_of_them] == [1999]


def test_one_whose_beginning_nobody_told(paid: Payment, standin: Any) -> None:
    reference = dispute(standin, paid)
    standin.close_dispute(reference, "lost")

    assert services.take_dispute(reference) is True

    assert books() == LOST
    check_books()


def test_an_old_webhook_does_not_open_it_again(paid: Payment, standin: Any) -> None:
    reference = dispute(standin, paid)
    before = disputes.read_dispute(reference)
    standin.close_dispute(reference, "won")
    services.take_dispute(reference)

    services.apply_dispute(payment_id=paid.pk, answer=before)

    assert (Dispute.objects.get().status, books()) == ("won", SETTLED)


def test_an_inquiry_moves_nothing(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    pay(client, order, payment_method="pm_card_createDisputeInquiry")
    run_jobs()
    reference = standin.events("charge.dispute.created")[-1]["data"]["object"]["id"]
    services.take_dispute(reference)

    assert (Dispute.objects.get().status, books()) == ("inquiry", SETTLED)
    check_books()


def test_no_refund_while_it_is_disputed_and_none_after_it_was_lost(
    as_user: Any, client: Any, paid: Payment, standin: Any, run_jobs: Any
) -> None:
    reference = dispute(standin, paid)
    services.take_dispute(reference)
    admin = as_user(AdminFactory())
    path = f"/api/v1/orders/{paid.order_id}/refunds"

    refused = admin.post(path, {"reason": "sorry"}, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_disputed")
    assert client.post(f"/api/v1/orders/{paid.order_id}/cancel").status_code == 200
    run_jobs()
    assert Refund.objects.get().status == "pending"  # Stripe refuses it as long as it is disputed
    check_books()
    standin.close_dispute(reference, "lost")
    services.take_dispute(reference)

    assert (Refund.objects.get().status, books()) == ("failed", LOST)
    refused = admin.post(path, {"reason": "sorry"}, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_refund")
    check_books()


def test_a_dispute_of_a_part_of_what_is_left(
    as_user: Any, paid: Payment, standin: Any, run_jobs: Any
) -> None:
    """A refund and then a dispute of everything: what nobody can give is the shop's loss."""
    admin = as_user(AdminFactory())
    refund = {"amount": {"amount": 999, "currency": "USD"}, "reason": "late"}
    admin.post(f"/api/v1/orders/{paid.order_id}/refunds", refund, headers=key())
    reference = dispute(standin, paid)
    standin.close_dispute(reference, "lost")

    services.take_dispute(reference)

    assert books() == {"stripe": 999 + 88 + 1500, "disputes": -999, "stripe_fees": -1588}
    check_books()


def test_a_dispute_of_something_else_is_parked(api: Any, standin: Any, run_jobs: Any) -> None:
    event = {
        "id": "evt_d",
        "type": "charge.dispute.created",
        "livemode": False,
        "data": {"object": {"id": "dp_no"}},
    }
    assert deliver(api, event).status_code == 200
    run_jobs()
    assert Dispute.objects.count() == 0


def test_a_fee_whose_minor_unit_is_another_at_stripe(paid: Payment, standin: Any, monkeypatch: Any) -> None:
    """An account that settles in krónur: 2,000 of them are 200000 there."""
    reference = dispute(standin, paid)
    told = disputes.gateway.call(lambda client: client.v1.disputes.retrieve(reference)).to_dict()
    told["balance_transactions"][0] |= {"fee": 200_000, "currency": "isk"}
    monkeypatch.setattr(disputes.gateway, "call", lambda act: SimpleNamespace(to_dict=lambda: told))

    services.take_dispute(reference)

    fee = LedgerEntry.objects.filter(account="stripe_fees", currency="ISK")
    assert list(fee.values_list("amount", flat=True)) == [-2000]
