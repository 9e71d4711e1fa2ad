"""What an intent may and may not change."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.shared.money import Money
from payments import services
from payments.errors import IntentMismatch
from payments.intents import Intent
from payments.models import Payment
from payments.tests.factories import PaymentFactory, order_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(order: Any) -> Payment:
    return PaymentFactory(order=order, provider_reference="pi_1")


@pytest.fixture
def success(payment: Payment) -> Intent:
    token = payment.token.hex
    return Intent(
        id="pi_1",
        status="succeeded",
        money=payment.money,
        received=payment.amount,
        token=token,
        is_live=False,
    )


def test_success_pays_the_order(payment: Payment, success: Intent, order: Any) -> None:
    services.apply_intent(payment_id=payment.pk, intent=success)

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status, payment.captured_amount) == (
        "paid",
        "succeeded",
        order.total_amount,
    )


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_action", "processing", "canceled"])
def test_what_is_over_stays(payment: Payment, success: Intent, status: str) -> None:
    services.apply_intent(payment_id=payment.pk, intent=success)

    late = services.apply_intent(payment_id=payment.pk, intent=replace(success, status=status, received=0))

    assert (late.status, late.captured_amount) == ("succeeded", payment.amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"money": Money(1, "USD")},
        {"money": Money(1999, "EUR")},
        {"received": 1},
        {"id": "pi_2"},
        {"is_live": True},
    ],
    ids=str,
)
def test_another_intent_changes_nothing(
    payment: Payment, success: Intent, order: Any, wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntentMismatch):
        services.apply_intent(payment_id=payment.pk, intent=replace(success, **wrong))

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status) == ("pending_payment", "requires_payment_method")


def test_before_there_is_a_reference_the_token_decides(payment: Payment, success: Intent) -> None:
    Payment.objects.update(provider_reference="")
    with pytest.raises(IntentMismatch):
        services.apply_intent(payment_id=payment.pk, intent=replace(success, token="0" * 32))

    assert services.apply_intent(payment_id=payment.pk, intent=success).provider_reference == "pi_1"


@pytest.mark.parametrize(
    "values",
    [
        {"status": "lost"},
        {"amount": 0},
        {"captured_amount": 1},
        {"status": "succeeded"},
        {"status": "succeeded", "captured_amount": 5},
        {"refund_amount": 1},
        {"method": "bank_transfer"},
        {"provider": "manual"},
    ],
    ids=str,
)
def test_what_no_row_may_say(payment: Payment, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**values)


def test_one_live_payment_an_order(payment: Payment, order: Any, buyer: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentFactory(order=order)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentFactory(order=order_for(buyer), provider_reference="pi_1")
    assert PaymentFactory(order=order, status="cancelled").pk


def test_what_opens_an_intent_is_in_no_traceback(success: Intent) -> None:
    open_to_all = replace(success, client_secret="pi_1_secret_x", next_action={"url": "?client_secret=x"})

    assert "secret" not in repr(open_to_all)


def test_locks_leave_foreign_keys_alone(payment: Payment) -> None:
    """A refund's row may be written meanwhile: it only points at the payment."""
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        services.intents.lock_payment(payment.pk)
        services.refund_order(order_id=payment.order_id, reason="requested")

    locks = [query["sql"] for query in queries if " FOR " in query["sql"]]
    assert len(locks) == 3
    assert all("FOR NO KEY UPDATE" in sql for sql in locks)
