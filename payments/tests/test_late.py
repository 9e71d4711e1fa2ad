"""Money for a payment that was given up ends in its order or goes back: always."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from orders.services import expire_due_orders
from orders.tests.looks import make_due
from payments import services
from payments.models import Payment, Refund
from payments.providers import PROVIDERS
from payments.tests.factories import books, charges, check_books, deliver, events_of, pay
from payments.tests.test_webhooks import confirm_at_stripe

pytestmark = pytest.mark.django_db


def give_up(payment: Payment, status: str = "failed") -> None:
    """As if Stripe had said that it knows of none: what it says later is the truth."""
    Payment.objects.filter(pk=payment.pk).update(status=status, failure_code="payment_unknown")


@pytest.fixture
def given_up(client: Any, order: Any, standin: Any) -> Payment:
    payment = Payment.objects.get(pk=pay(client, order).json()["id"])
    give_up(payment)
    return payment


def succeed(api: Any, standin: Any, run_jobs: Any, payment: Payment) -> None:
    confirm_at_stripe(payment.provider_reference)
    for event in events_of(standin, payment.provider_reference):
        deliver(api, event)
    run_jobs()
    payment.refresh_from_db()


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_it_pays_the_order_that_still_waits(
    api: Any, given_up: Payment, standin: Any, run_jobs: Any, status: str
) -> None:
    give_up(given_up, status)
    succeed(api, standin, run_jobs, given_up)

    given_up.order.refresh_from_db()
    assert (given_up.status, given_up.order.status, given_up.failure_code) == ("succeeded", "paid", "")
    assert books()["seller_payable"] == 1799
    check_books()


def test_it_revives_an_expired_order(api: Any, given_up: Payment, standin: Any, run_jobs: Any) -> None:
    make_due(given_up.order)
    type(given_up.order).objects.update(is_being_paid=False)
    expire_due_orders()
    succeed(api, standin, run_jobs, given_up)

    given_up.order.refresh_from_db()
    assert (given_up.status, given_up.order.status) == ("succeeded", "paid")
    check_books()


def test_it_goes_back_when_the_order_is_cancelled(
    api: Any, client: Any, given_up: Payment, standin: Any, run_jobs: Any
) -> None:
    client.post(f"/api/v1/orders/{given_up.order_id}/cancel")
    succeed(api, standin, run_jobs, given_up)

    assert (given_up.status, Refund.objects.get().reason) == ("refunded", "too_late")
    assert books() == {"stripe": 88, "stripe_fees": -88}
    check_books()


def test_it_goes_back_when_another_payment_has_paid(
    *, api: Any, client: Any, given_up: Payment, order: Any, standin: Any, run_jobs: Any
) -> None:
    assert pay(client, order, payment_method="pm_card_visa").json()["status"] == "succeeded"
    succeed(api, standin, run_jobs, given_up)

    order.refresh_from_db()
    assert (given_up.status, given_up.is_surplus, order.status, order.refund_status) == (
        "refunded", True, "paid", "none",
    )  # fmt: skip
    assert (charges(standin, order), Refund.objects.get().amount) == (2, 1999)
    assert books()["seller_payable"] == 1799
    check_books()


def test_it_goes_back_when_another_payment_is_open(
    *, api: Any, client: Any, given_up: Payment, order: Any, standin: Any, run_jobs: Any
) -> None:
    pay(client, order)
    succeed(api, standin, run_jobs, given_up)

    assert (given_up.status, given_up.is_surplus) == ("refunded", True)
    order.refresh_from_db()
    assert order.status == "pending_payment"
    check_books()


def test_two_charges_that_stand_cannot_be_stored(given_up: Payment, client: Any, order: Any) -> None:
    """The wall behind it: without the mark of surplus the database refuses a second one."""
    pay(client, order, payment_method="pm_card_visa")
    with pytest.raises(IntegrityError, match="payment_one_live_an_order"), transaction.atomic():
        Payment.objects.filter(pk=given_up.pk).update(status="succeeded", captured_amount=1999)


def test_the_same_late_success_twice_goes_back_once(
    client: Any, given_up: Payment, order: Any, standin: Any, run_jobs: Any
) -> None:
    client.post(f"/api/v1/orders/{order.pk}/cancel")
    confirm_at_stripe(given_up.provider_reference)
    intent = PROVIDERS["stripe"].fetch(given_up)
    for _ in range(3):
        services.apply_intent(payment_id=given_up.pk, intent=intent)
    run_jobs()
    assert Refund.objects.count() == 1
    check_books()
