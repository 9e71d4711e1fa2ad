"""Stripe slow, down, losing its answers; the worker killed between any two steps; two tabs: one charge at most."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.tests.factories import AdminFactory
from config.shared.idempotency import Attempt
from config.shared.models import IdempotencyRecord
from orders.models import Order
from payments import gateway, services
from payments.errors import StripeDown
from payments.models import LedgerTransaction, Payment, Payout, Refund, StripeEvent
from payments.services import intents, refunds, transfers
from payments.tests.factories import books, charges, check_books, deliver_parts, key, lapse, onboard, pay
from payments.tests.test_webhooks import confirm_at_stripe

pytestmark = pytest.mark.django_db
NOW = timedelta(0)
TROUBLES: list[dict[str, Any]] = [
    {"status": 429}, {"status": 500}, {"status": 500, "when": "after"}, {"drop": True}, {"drop": True, "when": "before"},
]  # fmt: skip
CALLS = ["/v1/payment_intents", "/v1/payment_intents/*/confirm"]


class Killed(BaseException):
    """As kill -9: nothing catches it, and what was not committed is gone."""


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_whatever_stripe_does_there_is_one_charge(
    client: Any, order: Any, standin: Any, trouble: Any, path: str
) -> None:
    """The customer gets 503 and tries again under the same key; the order is paid once."""
    headers = key()
    standin.trouble(method="POST", path=path, times=2, **trouble)
    first = pay(client, order, headers=headers, payment_method="pm_card_visa")
    assert first.status_code in {201, 503}
    assert first.status_code == 201 or first.headers["Retry-After"]
    standin.calm()

    again = pay(client, order, headers=headers, payment_method="pm_card_visa")
    services.reconcile(older_than=NOW)

    order.refresh_from_db()
    assert again.status_code in {201, 409}, again.json()
    if order.status != "paid":  # the retry found that the first had got nowhere, and took nothing by itself
        assert pay(client, order, payment_method="pm_card_visa").json()["status"] == "succeeded"
    order.refresh_from_db()
    assert (order.status, charges(standin, order)) == ("paid", 1)
    check_books()


def killed_at(monkeypatch: Any, module: Any, name: str) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    monkeypatch.setattr(module, name, die)


STEPS: list[tuple[Any, str]] = [
    (intents, "post_capture"),
    (intents, "mark_order_paid"),
    (intents, "tell_order"),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_killed_while_a_success_is_stored(
    client: Any, order: Any, standin: Any, monkeypatch: Any, step: Any
) -> None:
    """All of it or nothing; the reconciler does it again."""
    payment = Payment.objects.get(pk=pay(client, order).json()["id"])
    confirm_at_stripe(payment.provider_reference)
    with monkeypatch.context() as patch:
        killed_at(patch, *step)
        with pytest.raises(Killed):
            services.reconcile(older_than=NOW)
    payment.refresh_from_db()
    assert (payment.status, books()) == ("requires_payment_method", {})

    services.reconcile(older_than=NOW)

    order.refresh_from_db()
    assert (order.status, books()["seller_payable"]) == ("paid", 1799)
    check_books()


@pytest.mark.parametrize("step", ["count", "post_refund_state", "record_refund"])
def test_killed_while_a_refund_is_stored(
    client: Any, order: Any, standin: Any, monkeypatch: Any, step: str
) -> None:
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    client.post(f"/api/v1/orders/{order.pk}/cancel")
    refund = Refund.objects.get()
    with monkeypatch.context() as patch:
        killed_at(patch, refunds, step)
        with pytest.raises(Killed):
            services.send_refund(refund_id=refund.pk)
    assert Refund.objects.get().status == "pending"

    services.send_refund(refund_id=refund.pk)

    made = [e for e in standin.events("refund.created") if e["data"]["object"]["payment_intent"] == reference]
    assert (Refund.objects.get().status, len(made)) == ("succeeded", 1)
    check_books()


def test_killed_between_the_transfer_and_its_row(
    client: Any, order: Any, funded: Any, monkeypatch: Any
) -> None:
    pay(client, order, payment_method="pm_card_bypassPending")
    deliver_parts(order)
    onboard(funded, order.parts.get().seller)
    (payout,), _ = services.run_payouts(batch=uuid4())
    with monkeypatch.context() as patch:
        killed_at(patch, transfers, "finish_payout")
        with pytest.raises(Killed):
            services.send_payout(payout_id=payout.pk)
    assert Payout.objects.get().status == "pending"
    lapse()

    services.reconcile(older_than=NOW)

    made = [
        e for e in funded.events("transfer.created") if e["data"]["object"]["transfer_group"] == payout.group
    ]
    assert (Payout.objects.get().status, len(made)) == ("paid", 1)
    check_books()


@pytest.mark.parametrize(
    ("at_stripe", "act", "status"),
    [(False, "pay", "paid"), (False, "cancel", "cancelled"), (True, "cancel", "cancelled")],
)
def test_killed_before_the_answer_of_an_act_on_a_payout_is_stored(
    *,
    as_user: Any,
    client: Any,
    order: Any,
    funded: Any,
    monkeypatch: Any,
    at_stripe: bool,
    act: str,
    status: str,
) -> None:
    pay(client, order, payment_method="pm_card_bypassPending")
    deliver_parts(order)
    if at_stripe:
        onboard(funded, order.parts.get().seller)
    (payout,), _ = services.run_payouts(batch=uuid4())
    admin, headers = as_user(AdminFactory()), key()
    path = f"/api/v1/admin/payouts/{payout.pk}/{act}"
    with monkeypatch.context() as patch:
        killed_at(patch, Attempt, "store")
        with pytest.raises(Killed):
            admin.post(path, headers=headers)
    IdempotencyRecord.objects.update(calling_until=timezone.now() - timedelta(seconds=1))
    lapse()

    answers = [admin.post(path, headers=headers) for _ in range(2)]

    assert [(one.status_code, one.json().get("status")) for one in answers] == [(200, status)] * 2
    assert LedgerTransaction.objects.filter(payout=payout).count() == 2
    check_books()


def test_webhooks_that_never_came(
    client: Any, order: Any, standin: Any, run_jobs: Any, monkeypatch: Any
) -> None:
    """An outage of ours: what was done at Stripe meanwhile is found in one run."""
    payment = Payment.objects.get(pk=pay(client, order, payment_method="pm_card_visa").json()["id"])
    monkeypatch.setattr("payments.services.catching_up.FIRST", timedelta(seconds=20))
    refund: Any = {"payment_intent": payment.provider_reference, "amount": 700}
    gateway.call(lambda at: at.v1.refunds.create(refund, {"idempotency_key": f"outage-{payment.token}"}))

    services.reconcile(older_than=NOW)
    run_jobs()

    assert list(Refund.objects.values_list("amount", "status", "reason")) == [
        (700, "succeeded", "made_at_provider")
    ]
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.refund_status) == ("partially_refunded", "partial")
    assert StripeEvent.objects.filter(object_id=payment.provider_reference, status="parked").count() == 0
    services.reconcile(older_than=NOW)
    run_jobs()
    assert Refund.objects.count() == 1
    check_books()


def test_after_an_outage_stripes_and_ours_agree(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    """Orphans: a success that neither an answer nor a webhook told is in the books after one run of a minute's job."""
    standin.trouble(drop=True, path="/v1/payment_intents*")
    assert pay(client, order, payment_method="pm_card_visa").status_code == 503
    with pytest.raises(StripeDown):
        services.cancel_payment(payment_id=Payment.objects.get().pk)
    standin.calm()

    services.reconcile(older_than=NOW)

    stored = Payment.objects.get()
    assert (stored.status == "succeeded") == (charges(standin, order) == 1)
    assert Order.objects.get().status == ("paid" if stored.captured_amount else "pending_payment")
    check_books()


def test_what_was_paid_before_there_was_a_ledger(
    client: Any, order: Any, standin: Any, run_jobs: Any, monkeypatch: Any
) -> None:
    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr(intents, "post_capture", nothing)
        patch.setattr("payments.services.post_sale", nothing)
        pay(client, order, payment_method="pm_card_visa")
    assert LedgerTransaction.objects.count() == 0

    services.reconcile()

    assert sorted(LedgerTransaction.objects.values_list("kind", flat=True)) == ["capture", "sale"]
    assert LedgerTransaction.objects.first().created_at == Payment.objects.get().succeeded_at
    services.reconcile()
    check_books()
