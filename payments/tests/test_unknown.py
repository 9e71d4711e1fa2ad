"""A payment that Stripe does not know (any more) is told, and is in nobody's way."""

from datetime import timedelta
from typing import Any

import pytest

from payments import services
from payments.models import Payment, StripeEvent
from payments.providers import renew_token
from payments.tests.factories import PaymentFactory, charges, confirm, deliver, key, order_for, pay
from payments.tests.test_webhooks import EVENT, confirm_at_stripe, intent

pytestmark = pytest.mark.django_db
NOW = timedelta(0)


def forget(payment: dict[str, Any]) -> None:
    """As if it had been made with the key of another account."""
    Payment.objects.filter(pk=payment["id"]).update(
        provider_reference=f"pi_of_another_account_{payment['id']}"
    )


def test_the_order_can_be_paid_anew(client: Any, order: Any, standin: Any) -> None:
    lost = pay(client, order).json()
    forget(lost)

    headers = key()
    for _ in range(2):
        answer = pay(client, order, headers=headers, payment_method="pm_card_visa")
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_unknown")
    assert Payment.objects.get().failure_code == "payment_unknown"

    anew = pay(client, order, payment_method="pm_card_visa").json()
    assert (anew["status"], anew["id"] != lost["id"]) == ("succeeded", True)
    assert charges(standin, order) == 1


def test_a_confirm_says_so(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()
    forget(payment)

    answer = confirm(client, payment["id"], "pm_card_visa")

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_unknown")
    assert Payment.objects.get().status == "failed"
    assert pay(client, order).status_code == 201


def test_so_does_a_replay(client: Any, order: Any, standin: Any) -> None:
    headers = key()
    forget(pay(client, order, headers=headers).json())

    answer = pay(client, order, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_unknown")


def test_it_can_be_exchanged_and_the_order_cancelled(
    client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    forget(pay(client, order).json())
    assert pay(client, order, method="bank_transfer").status_code == 201

    forget(pay(client, order).json())
    assert client.post(f"/api/v1/orders/{order.pk}/cancel").status_code == 200
    run_jobs()

    assert sorted(Payment.objects.values_list("status", flat=True)) == ["cancelled", "failed", "failed"]


def test_a_refused_reading_is_a_conflict(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()
    standin.trouble(status=400, path=f"/v1/payment_intents/{payment['provider_reference']}")

    answer = pay(client, order)

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_refused")
    assert Payment.objects.get().status == "requires_payment_method"


def test_the_reconciler_leaves_it_and_goes_on(client: Any, buyer: Any, order: Any, standin: Any) -> None:
    forget(pay(client, order).json())
    other = order_for(buyer)
    confirm_at_stripe(pay(client, other).json()["provider_reference"])

    assert services.reconcile(older_than=NOW) == 2

    assert list(Payment.objects.order_by("pk").values_list("status", flat=True)) == [
        "requires_payment_method",
        "succeeded",
    ]


def test_one_bad_row_does_not_stop_the_reconciler(
    client: Any, buyer: Any, order: Any, standin: Any, monkeypatch: Any
) -> None:
    broken = pay(client, order).json()
    paid = pay(client, order_for(buyer), payment_method="pm_card_visa").json()
    refund = services.request_refund(payment=Payment.objects.get(pk=paid["id"]), amount=1, reason="requested")
    deliver(client, EVENT | {"data": intent(paid["provider_reference"])})
    monkeypatch.setattr("payments.providers.Stripe.retrieve", lambda self, reference: {}[reference])

    assert services.reconcile(older_than=NOW) == 3  # refund, event and the charge's fee

    assert Payment.objects.get(pk=broken["id"]).status == "requires_payment_method"
    refund.refresh_from_db()
    assert (refund.status, StripeEvent.objects.get().status) == ("succeeded", "processed")


def test_a_fresh_key_is_taken_only_while_nobody_has_an_answer_to_the_old_one(order: Any) -> None:
    """Or a second charge would be made beside the one that was answered."""
    payment = PaymentFactory(order=order)
    first = payment.token
    Payment.objects.update(provider_reference="pi_answered")
    renew_token(payment)
    assert Payment.objects.get().token == first
    Payment.objects.update(provider_reference="")
    renew_token(payment)
    second = Payment.objects.get().token
    assert second != first
    renew_token(payment)  # whose key another call has renewed already
    assert Payment.objects.get().token == second
