"""Two tabs, a webhook and a click at once: one charge, one effect."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.tests.factories import UserFactory
from catalog.tests.races import at_once
from orders.models import Order
from orders.services import cancel_order, expire_due_orders
from orders.tests.looks import make_due
from payments import services
from payments.errors import RefundTooLarge
from payments.integrity import verify
from payments.intents import Intent
from payments.models import Payment, PayoutPeriod, Refund
from payments.providers import PROVIDERS
from payments.services import scheduling
from payments.tests.factories import charges, confirm, key, order_for, pay
from payments.tests.test_webhooks import confirm_at_stripe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_jobs_of_others(transactional_db: None) -> Iterator[None]:
    """procrastinate's tables are not emptied with the others."""
    forget_jobs()
    yield
    forget_jobs()


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture
def order() -> Any:
    return order_for(UserFactory())


@pytest.fixture
def tabs(as_user: Any, order: Any, monkeypatch: Any) -> list[Any]:
    monkeypatch.setattr("payments.gateway.SLOTS", threading.BoundedSemaphore(50))
    return [as_user(order.user) for _ in range(4)]


def test_four_tabs_one_charge(tabs: list[Any], order: Any, standin: Any) -> None:
    answers = at_once([lambda tab=tab: pay(tab, order, payment_method="pm_card_visa") for tab in tabs])

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert "succeeded" in {answer.json().get("status") for answer in answers}
    assert (Payment.objects.count(), charges(standin, order)) == (1, 1)
    order.refresh_from_db()
    assert order.status == "paid"


def test_one_key_four_times(tabs: list[Any], order: Any, standin: Any) -> None:
    headers = key()

    answers = at_once(
        [lambda tab=tab: pay(tab, order, headers=headers, payment_method="pm_card_visa") for tab in tabs]
    )

    codes = {answer.json().get("code", answer.status_code) for answer in answers}
    assert 201 in codes <= {201, "idempotency_in_progress"}
    assert (Payment.objects.count(), charges(standin, order)) == (1, 1)


def test_the_same_success_from_all_sides(tabs: list[Any], order: Any, standin: Any) -> None:
    payment, before, after = paid_at_stripe(tabs[0], order)

    applied = at_once([apply(payment, intent) for intent in (after, before, after, before, after)])

    assert {type(result) for result in applied} == {Payment}
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("paid", "succeeded")
    assert order.events.filter(status="paid").count() == 1


def test_a_late_success_from_all_sides_is_refunded_once(tabs: list[Any], order: Any, standin: Any) -> None:
    payment, _, after = paid_at_stripe(tabs[0], order)
    cancel_order(order_id=order.pk, by=None)

    applied = at_once([apply(payment, after)] * 5)

    assert {type(result) for result in applied} == {Payment}
    assert Refund.objects.get().amount == order.total_amount
    assert Payment.objects.get().refund_amount == order.total_amount


@pytest.mark.parametrize("round_", range(3))
def test_a_success_against_a_cancellation(
    tabs: list[Any], order: Any, standin: Any, run_jobs: Any, round_: int
) -> None:
    """Whichever comes first, the order is cancelled and its money goes back once."""
    payment, _, after = paid_at_stripe(tabs[0], order)

    results = at_once([apply(payment, after), lambda: cancel_order(order_id=order.pk, by=None)])
    run_jobs()

    assert {type(result) for result in results} == {Payment, Order}
    order.refresh_from_db()
    assert (order.status, order.refund_status) == ("cancelled", "full")
    assert Refund.objects.get().amount == order.total_amount
    assert list(verify()) == []


@pytest.mark.parametrize("round_", range(4))
def test_an_expiry_against_a_confirm(
    tabs: list[Any], order: Any, standin: Any, run_jobs: Any, round_: int
) -> None:
    """Paid, or expired and not charged: never both."""
    payment = pay(tabs[0], order).json()
    make_due(order)

    answer, ended = at_once([lambda: confirm(tabs[0], payment["id"], "pm_card_visa"), services.expire_unpaid])
    run_jobs()

    assert (answer.status_code in {200, 409}, type(ended)) == (True, int)
    services.expire_unpaid()  # the payment was just being written
    expire_due_orders()  # the payment has ended, but its order was just being written
    order.refresh_from_db()
    outcome = (order.status, Payment.objects.get().status, charges(standin, order))
    assert outcome in {("paid", "succeeded", 1), ("expired", "cancelled", 0)}
    assert Refund.objects.count() == 0
    assert list(verify()) == []


def test_an_expiry_leaves_what_is_being_written(tabs: list[Any], order: Any, standin: Any) -> None:
    pay(tabs[0], order)
    make_due(order)

    with transaction.atomic():
        Payment.objects.select_for_update().get()
        assert at_once([services.expire_unpaid]) == [0]

    assert at_once([services.expire_unpaid]) == [1]


def test_twenty_refunds_at_once(tabs: list[Any], order: Any, standin: Any) -> None:
    pay(tabs[0], order, payment_method="pm_card_visa")
    payment = Payment.objects.get()
    share = order.total_amount // 5

    results = at_once(
        [lambda: services.request_refund(payment=payment, amount=share, reason="requested")] * 20
    )

    assert Counter(map(type, results)) == {Refund: 5, RefundTooLarge: 15}
    assert Payment.objects.get().refund_amount == 5 * share


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_two_workers_ask_for_the_payouts_of_a_period(settings: Any, monkeypatch: Any, is_first: bool) -> None:
    settings.PAYOUT_SCHEDULE, monday = "weekly", 1_793_592_000  # 2026-11-02, 04:00 UTC
    if not is_first:
        PayoutPeriod.objects.create(pk=1, schedule="weekly", day=date(2026, 10, 26))
    batches: list[Any] = []

    def made(batch: Any) -> tuple[list[Any], list[Any]]:
        batches.append(batch)
        return [], []

    monkeypatch.setattr(scheduling, "run_payouts", made)

    ran = at_once([lambda: services.run_scheduled_payouts(timestamp=monday)] * 4)

    assert (ran, len(batches)) == ([[]] * 4, 1)
    assert PayoutPeriod.objects.get().day == date(2026, 11, 2)


def paid_at_stripe(tab: Any, order: Any) -> tuple[Payment, Intent, Intent]:
    """A payment that Stripe has taken and we do not know of, and its intent before and after."""
    payment = Payment.objects.get(pk=pay(tab, order).json()["id"])
    before = PROVIDERS["stripe"].fetch(payment)
    confirm_at_stripe(payment.provider_reference)
    return payment, before, PROVIDERS["stripe"].fetch(payment)


def apply(payment: Payment, intent: Intent) -> Callable[[], Payment]:
    return lambda: services.apply_intent(payment_id=payment.pk, intent=intent)
