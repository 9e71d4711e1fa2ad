"""The same payments at the stand-in and, with `make test-stripe`, at Stripe itself in test mode.

That needs `STRIPE_TEST_SECRET_KEY=sk_test_…` in the environment; money never moves with such a key.
"""

import os
from typing import Any

import pytest

from payments import services
from payments.models import Payment, Refund
from payments.tests.factories import check_books, confirm, key, order_for, pay

KEY = os.environ.get("STRIPE_TEST_SECRET_KEY", "")
BACK = "https://example.com/back"


@pytest.fixture
def stripe_itself(request: Any, settings: Any) -> Any:
    """Stripe where there is a key for its test mode, else the stand-in."""
    if not KEY:
        return request.getfixturevalue("standin")
    if not KEY.startswith(("sk_test_", "rk_test_")):
        pytest.fail("STRIPE_TEST_SECRET_KEY is no key of the test mode.")
    settings.STRIPE_SECRET_KEY, settings.STRIPE_STANDIN, settings.STRIPE_API_BASE = KEY, False, ""
    settings.STRIPE_TIMEOUT = 30
    return None


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_itself")]


def test_paid_partly_refunded_and_with_its_fee(client: Any, order: Any, run_jobs: Any) -> None:
    answer = pay(client, order, payment_method="pm_card_visa")
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    payment = Payment.objects.get()
    refund = services.request_refund(payment=payment, amount=500, reason="requested")
    services.send_refund(refund_id=refund.pk)
    assert Refund.objects.get().status == "succeeded"
    services.record_fee(payment_id=payment.pk)
    payment.refresh_from_db()
    assert payment.charge_reference.startswith(("ch_", "py_"))
    check_books()


def test_a_decline_then_another_card(client: Any, order: Any) -> None:
    payment = pay(client, order).json()
    declined = confirm(client, payment["id"], "pm_card_chargeDeclinedInsufficientFunds").json()
    assert (declined["status"], declined["failure"]["code"]) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    assert confirm(client, payment["id"], "pm_card_visa").json()["status"] == "succeeded"


def test_authentication_is_asked_for(client: Any, order: Any) -> None:
    body = pay(client, order, payment_method="pm_card_authenticationRequired", return_url=BACK).json()
    assert (body["status"], body["next_action"]["type"]) == ("requires_action", "redirect_to_url")


def test_the_same_key_is_one_payment(client: Any, order: Any) -> None:
    headers = key()
    answers = [pay(client, order, headers=headers, payment_method="pm_card_visa").json() for _ in range(2)]
    assert answers[0]["provider_reference"] == answers[1]["provider_reference"]


def test_a_cancelled_order_ends_its_payment(client: Any, order: Any, run_jobs: Any) -> None:
    pay(client, order)
    client.post(f"/api/v1/orders/{order.pk}/cancel")
    services.cancel_payment(payment_id=Payment.objects.get().pk)
    assert Payment.objects.get().status == "cancelled"


def test_a_page_is_made_and_ended(client: Any, order: Any) -> None:
    body = pay(client, order, method="checkout", return_url=BACK).json()
    assert body["checkout_url"].startswith("http")
    assert services.cancel_payment(payment_id=Payment.objects.get().pk).status == "cancelled"


def test_a_card_is_saved_used_and_removed(client: Any, buyer: Any) -> None:
    path = "/api/v1/me/payment-methods"
    card = client.post(path, {"payment_method": "pm_card_visa"}).json()["payment_method"]
    assert [one["last4"] for one in client.get(path).json()["results"]] == ["4242"]
    assert pay(client, order_for(buyer), payment_method=card).json()["status"] == "succeeded"
    assert client.delete(f"{path}/{card}").status_code == 204
