"""A refund that succeeded, was credited, and then fails: the papers follow the books."""

from typing import Any

import pytest

from orders.models import Document
from orders.tests.test_documents import text_of
from orders.verification import verify_orders
from payments import services
from payments.models import Payment, Refund, StripeEvent
from payments.tests.factories import check_books, deliver, events_of, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(client: Any, order: Any, standin: Any) -> Refund:
    """Of 5.00 out of 19.99 USD: succeeded, until the bank returns it."""
    pay(client, order, payment_method="pm_card_refundFail")
    refund = services.request_refund(payment=Payment.objects.get(), amount=500, reason="requested")
    services.send_refund(refund_id=refund.pk)
    return Refund.objects.get(status="succeeded")


def fail(api: Any, standin: Any) -> None:
    standin.advance()
    told = events_of(standin, Payment.objects.get().provider_reference)
    event = next(event for event in told if event["type"] == "refund.failed")
    assert [deliver(api, event).status_code for _ in range(2)] == [200, 200]


def test_its_credit_note_is_taken_back(client: Any, standin: Any, refund: Refund, run_jobs: Any) -> None:
    run_jobs()
    fail(client, standin)
    run_jobs()
    services.reverse_credit(refund_id=refund.pk)
    services.credit(refund_id=refund.pk)

    path = f"/api/v1/orders/{refund.payment.order_id}/credit-notes"
    rows = {row["number"]: row for row in client.get(path).json()["results"]}
    found = {number: (row["total"]["amount"], row["reverses"]) for number, row in rows.items()}
    assert found == {"CN-000001": (500, None), "DN-000001": (500, "CN-000001")}
    text = text_of(client.get(f"{path}/{rows['DN-000001']['id']}"))
    for words in (
        "Debit note DN-000001",
        "Invoice: INV-000001",
        "Reason: The bank returned the refund",
        "Credit note taken back: CN-000001",
        "Charged again 5.00 USD",
    ):
        assert words in text
    check_books()
    assert list(verify_orders()) == []


def test_one_that_failed_before_its_credit_note_has_neither(
    api: Any, standin: Any, refund: Refund, run_jobs: Any
) -> None:
    fail(api, standin)
    services.process_event(event_id=StripeEvent.objects.get().pk)
    run_jobs()

    assert Refund.objects.get().status == "failed"
    assert list(Document.objects.exclude(kind="invoice")) == []
