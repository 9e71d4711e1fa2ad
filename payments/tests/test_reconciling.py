"""What nobody told us is asked: no payment stays in between."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments import gateway, services, tasks
from payments.models import Payment, Refund, StripeEvent
from payments.tests.factories import PaymentFactory, charges, deliver, pay
from payments.tests.test_webhooks import EVENT, confirm_at_stripe, intent

pytestmark = pytest.mark.django_db
NOW = timedelta(0)


def test_a_success_that_no_webhook_told(client: Any, order: Any, standin: Any) -> None:
    confirm_at_stripe(pay(client, order).json()["provider_reference"])

    assert services.reconcile() == 0
    assert services.reconcile(older_than=NOW) == 1

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("paid", "succeeded")


def test_a_creation_whose_answer_was_lost(client: Any, order: Any, standin: Any) -> None:
    standin.trouble(drop=True, path="/v1/payment_intents")
    assert pay(client, order).status_code == 503
    standin.calm()

    services.reconcile(older_than=NOW)

    created = [
        e
        for e in standin.events("payment_intent.created")
        if e["data"]["object"]["metadata"]["order"] == str(order.pk)
    ]
    assert len(created) == 1
    assert Payment.objects.get().provider_reference == created[0]["data"]["object"]["id"]


def test_an_order_that_is_over_has_its_payment_cancelled(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)
    type(order).objects.update(status="expired")

    services.reconcile(older_than=NOW)

    assert Payment.objects.get().status == "cancelled"


def test_a_manual_payment_whose_job_was_lost(client: Any, order: Any) -> None:
    pay(client, order, method="bank_transfer")
    assert services.reconcile(older_than=NOW) == 0
    type(order).objects.update(status="cancelled")

    assert services.reconcile(older_than=NOW) == 1
    assert Payment.objects.get().status == "cancelled"


def test_a_refund_whose_job_gave_up(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_card_visa")
    services.request_refund(payment=Payment.objects.get(), amount=100, reason="requested")

    services.reconcile(older_than=NOW)

    assert Refund.objects.get().status == "succeeded"


def test_a_webhook_whose_job_was_lost(api: Any, client: Any, order: Any, standin: Any) -> None:
    reference = pay(client, order).json()["provider_reference"]
    confirm_at_stripe(reference)
    deliver(api, EVENT | {"data": intent(reference)})
    Payment.objects.update(checked_at=timezone.now() + timedelta(hours=1))

    services.reconcile(older_than=NOW)

    assert StripeEvent.objects.get().status == "processed"
    order.refresh_from_db()
    assert order.status == "paid"


def test_it_stops_when_stripe_is_down(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)
    standin.trouble(status=500)

    assert services.reconcile(older_than=NOW) == 0
    assert Payment.objects.get().status == "requires_payment_method"


def test_the_command(client: Any, order: Any, standin: Any) -> None:
    confirm_at_stripe(pay(client, order).json()["provider_reference"])
    out = StringIO()

    call_command("reconcile_payments", older_than=0, stdout=out)

    assert out.getvalue() == "Looked again at 1.\n"
    assert charges(standin, order) == 1


def test_the_command_reports_what_is_left_for_people(client: Any, order: Any, standin: Any) -> None:
    pay(client, order)
    Payment.objects.update(created_at=timezone.now() - timedelta(hours=2), checked_at=timezone.now())
    StripeEvent.objects.create(
        event_id="evt_x", type="refund.created", object_id="re_x", status="parked", note="odd"
    )
    out = StringIO()
    call_command("reconcile_payments", stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[1] == "  webhook evt_x refund.created of re_x: odd"
    assert lines[2].startswith(
        f"  payment {Payment.objects.get().pk} of 19.99 USD: requires_payment_method since"
    )


def test_the_keys_mode() -> None:
    assert gateway.is_live() is False


def test_what_takes_days_is_asked_once_an_hour(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_usBankAccount_processing")
    long_ago = timezone.now() - timedelta(days=1)
    Payment.objects.update(created_at=long_ago, checked_at=long_ago)

    assert [services.reconcile(older_than=NOW) for _ in range(2)] == [1, 0]


def test_a_dry_run_tells_what_is_waiting_by_name(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_card_visa")

    assert services.unreconciled(older_than=NOW) == {
        "unposted payments": 0, "payments": 0, "refunds": 0, "events": 0, "payouts": 0, "fees": 1, "accounts": 0,
        "disputes": 0,
    }  # fmt: skip


@pytest.mark.parametrize("reference", ["pi_gone", ""], ids=["asked", "nothing to ask for"])
def test_a_look_at_a_fee_is_noted_once(order: Any, standin: Any, reference: str) -> None:
    payment = PaymentFactory(
        order=order, status="succeeded", captured_amount=order.total_amount, succeeded_at=timezone.now(),
        provider_reference=reference,
    )  # fmt: skip

    with CaptureQueriesContext(connection) as asked:
        services.reconcile(older_than=NOW, is_thorough=False)

    noted = [
        one
        for one in asked.captured_queries
        if one["sql"].startswith('UPDATE "payments_payment" SET "checked_at"')
    ]
    assert len(noted) == 1
    payment.refresh_from_db()
    assert services.unreconciled()["fees"] == 0


def test_every_payment_is_held_against_the_ledger_once_an_hour(client: Any, order: Any) -> None:
    payment = PaymentFactory(
        order=order, status="succeeded", captured_amount=order.total_amount, succeeded_at=timezone.now()
    )

    tasks.reconcile(timestamp=3600 + 60)
    assert payment.postings.count() == 0
    tasks.reconcile(timestamp=2 * 3600)
    assert payment.postings.get().kind == "capture"
