"""An order whose hold has run out while a card payment is open: Stripe is asked first."""

from typing import Any

import pytest
from django.utils import timezone

from orders.services import cancel_order, expire_due_orders
from orders.tests.looks import fresh, make_due, stock
from payments import services
from payments.errors import StripeDown
from payments.models import Payment, Refund
from payments.services import expiring
from payments.tasks import expire_unpaid
from payments.tests.factories import events_of, order_for, pay
from payments.tests.test_webhooks import confirm_at_stripe

pytestmark = pytest.mark.django_db


def variant_of(order: Any) -> Any:
    return order.items.get().variant


def test_orders_own_sweep_waits_for_an_open_payment(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)
    assert fresh(order).is_being_paid is True
    make_due(order)

    assert expire_due_orders() == 0
    assert (fresh(order).status, stock(variant_of(order))) == ("pending_payment", (5, 1))


def test_nothing_came_so_the_intent_and_the_order_end(client: Any, order: Any, standin: Any) -> None:
    reference = pay(client, order).json()["provider_reference"]
    make_due(order)

    expire_unpaid(timestamp=0)

    assert (fresh(order).status, Payment.objects.get().status) == ("expired", "cancelled")
    assert (fresh(order).is_being_paid, stock(variant_of(order))) == (False, (5, 0))
    assert events_of(standin, reference)[-1]["type"] == "payment_intent.canceled"


def test_paid_meanwhile(client: Any, order: Any, standin: Any) -> None:
    confirm_at_stripe(pay(client, order).json()["provider_reference"])
    make_due(order)

    assert services.expire_unpaid() == 1

    assert (fresh(order).status, Payment.objects.get().status) == ("paid", "succeeded")
    assert (fresh(order).is_being_paid, stock(variant_of(order))) == (False, (4, 0))
    assert Refund.objects.count() == 0


def test_what_is_at_a_bank_is_waited_for(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_usBankAccount_success")
    make_due(order)

    assert services.expire_unpaid() == 1

    order = fresh(order)
    assert (order.status, Payment.objects.get().status) == ("pending_payment", "processing")
    assert order.hold_expires_at > timezone.now()
    assert order.is_being_paid is True
    assert services.expire_unpaid() == 0


def test_an_order_that_is_cancelled_while_a_bank_is_asked_is_not_held(
    client: Any, order: Any, standin: Any, monkeypatch: Any
) -> None:
    pay(client, order, payment_method="pm_usBankAccount_success")
    make_due(order)

    def asked(*, payment_id: int) -> Payment:
        payment = services.cancel_payment(payment_id=payment_id)
        cancel_order(order_id=order.pk, by=None)  # just behind the commit
        return payment

    monkeypatch.setattr(expiring, "cancel_payment", asked)
    assert services.expire_unpaid() == 1

    assert (fresh(order).status, fresh(order).hold_expires_at) == ("cancelled", None)
    assert stock(variant_of(order)) == (5, 0)


def test_an_order_in_time_is_left_alone(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)

    assert services.expire_unpaid() == 0
    assert Payment.objects.get().status == "requires_payment_method"


def test_an_unknown_payment_does_not_keep_the_order(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)
    Payment.objects.update(provider_reference="pi_of_another_account")
    make_due(order)

    assert services.expire_unpaid() == 1
    assert (fresh(order).status, Payment.objects.get().status) == ("expired", "failed")


def test_stripe_away(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)
    make_due(order)
    standin.trouble(status=503)

    assert services.expire_unpaid() == 0
    assert (fresh(order).status, Payment.objects.get().status) == (
        "pending_payment",
        "requires_payment_method",
    )


def test_one_that_fails_does_not_keep_the_others(client: Any, buyer: Any, order: Any, standin: Any) -> None:
    other = order_for(buyer)
    for each in (order, other):
        pay(client, each)
        make_due(each)
    Payment.objects.filter(order=order).update(amount=1)  # Stripe tells of another amount

    assert services.expire_unpaid() == 1
    assert (fresh(order).status, fresh(other).status) == ("pending_payment", "expired")


@pytest.mark.parametrize("how", ["bank_transfer", "failed"])
def test_an_order_without_a_card_payment_is_orders_own(
    client: Any, order: Any, standin: Any, how: str
) -> None:
    payment = pay(client, order).json()
    if how == "failed":
        Payment.objects.update(provider_reference="")
        services.fail_payment(payment_id=int(payment["id"]), code="amount_too_small", message="")
    else:
        pay(client, order, method="bank_transfer")

    assert fresh(order).is_being_paid is False


def test_an_outage_is_told_to_whoever_asks_for_one(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()
    standin.trouble(status=503)

    with pytest.raises(StripeDown):
        services.end_payment(payment_id=int(payment["id"]))
