"""Paying an order over HTTP, against the stand-in for Stripe."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.services import export_user
from accounts.tests.factories import UserFactory
from config.shared.models import EventRecord, IdempotencyRecord
from orders.tokens import order_token
from payments.models import Payment
from payments.tests.factories import charges, confirm, key, order_for, pay

pytestmark = pytest.mark.django_db


def test_a_card_pays_the_order(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    answer = pay(client, order)

    assert answer.status_code == 201
    body = answer.json()
    assert body["status"] == "requires_payment_method"
    assert body["amount"] == {"amount": order.total_amount, "currency": "USD"}
    assert (body["order"], body["provider"], body["method"], body["failure"]) == (
        str(order.pk),
        "stripe",
        None,
        None,
    )
    assert body["client_secret"].startswith(f"{body['provider_reference']}_secret_")

    paid = confirm(client, body["id"], "pm_card_visa")
    assert paid.status_code == 200
    assert paid.json()["status"] == "succeeded"
    assert "client_secret" not in paid.json()
    order.refresh_from_db()
    assert order.status == "paid"
    assert charges(standin, order) == 1
    payment = Payment.objects.get()
    assert (payment.captured_amount, payment.refund_amount) == (order.total_amount, 0)
    assert client.get(f"/api/v1/payments/{payment.pk}").json()["status"] == "succeeded"


def test_a_payment_method_given_at_once_pays_at_once(client: Any, order: Any, standin: Any) -> None:
    answer = pay(client, order, payment_method="pm_card_visa")

    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    order.refresh_from_db()
    assert order.status == "paid"


def test_the_order_may_be_named_by_its_number(client: Any, order: Any, standin: Any) -> None:
    answer = client.post("/api/v1/payments", {"order": order.number}, headers=key())

    assert (answer.status_code, answer.json()["order"]) == (201, str(order.pk))


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedStolenCard", "card_declined"),
    ],
)
def test_a_decline_is_an_answer_and_another_card_may_follow(
    client: Any, order: Any, standin: Any, method: str, code: str
) -> None:
    payment = pay(client, order).json()

    declined = confirm(client, payment["id"], method)
    assert declined.status_code == 200
    assert declined.json()["status"] == "requires_payment_method"
    assert declined.json()["failure"]["code"] == code
    assert declined.json()["failure"]["message"]
    order.refresh_from_db()
    assert order.status == "pending_payment"

    paid = confirm(client, payment["id"], "pm_card_visa")
    assert (paid.json()["status"], paid.json()["failure"]) == ("succeeded", None)


def test_three_d_secure_sends_the_customer_to_their_bank(
    client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    payment = pay(client, order).json()

    answer = confirm(
        client, payment["id"], "pm_card_threeDSecure2Required", return_url="https://shop.test/back"
    )

    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "requires_action")
    assert body["next_action"]["type"] == "redirect_to_url"
    assert body["client_secret"]
    order.refresh_from_db()
    assert order.status == "pending_payment"


def test_without_a_return_url_the_intent_allows_no_redirects(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()

    answer = confirm(client, payment["id"], "pm_card_threeDSecure2Required")

    assert answer.json()["next_action"]["type"] == "use_stripe_sdk"
    created = standin.events("payment_intent.created")[-1]["data"]["object"]
    assert created["automatic_payment_methods"] == {"allow_redirects": "never", "enabled": True}


def test_a_bank_debit_succeeds_later(client: Any, order: Any, standin: Any) -> None:
    answer = pay(client, order, payment_method="pm_usBankAccount_processing")

    assert answer.json()["status"] == "processing"
    order.refresh_from_db()
    assert order.status == "pending_payment"
    assert order.hold_expires_at > timezone.now() + timedelta(days=settings.MANUAL_HOLD_DAYS - 1)


def test_below_the_minimum_the_order_is_free_for_another_way(client: Any, buyer: Any, standin: Any) -> None:
    order = order_for(buyer, price_amount=49)
    headers = key()

    answers = [pay(client, order, headers=headers) for _ in range(2)]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "amount_too_small")] * 2
    assert Payment.objects.get().status == "failed"
    assert pay(client, order, method="bank_transfer").status_code == 201


# --- Idempotency ---------------------------------------------------------------------------------------------


def test_a_key_is_needed(client: Any, order: Any, standin: Any) -> None:
    answer = client.post("/api/v1/payments", {"order": str(order.pk)})

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert Payment.objects.count() == 0


def test_a_replay_gives_the_secret_again_but_does_not_store_it(client: Any, order: Any, standin: Any) -> None:
    headers = key()
    first, second = (pay(client, order, headers=headers) for _ in range(2))

    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()
    assert b"secret" not in bytes(IdempotencyRecord.objects.get().body)


def test_a_key_is_of_one_body(client: Any, order: Any, standin: Any) -> None:
    headers = key()
    pay(client, order, headers=headers)

    answer = pay(client, order, headers=headers, payment_method="pm_card_visa")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert charges(standin, order) == 0


def test_a_confirm_with_a_key_is_replayed(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()
    path, headers = f"/api/v1/payments/{payment['id']}/confirm", key()

    first, second = (client.post(path, {"payment_method": "pm_card_visa"}, headers=headers) for _ in range(2))

    assert (first.json()["status"], second.json()["status"]) == ("succeeded", "succeeded")
    assert second.headers["Idempotent-Replayed"] == "true"


def test_another_key_goes_on_with_the_open_payment(client: Any, order: Any, standin: Any) -> None:
    first, second = pay(client, order).json(), pay(client, order).json()

    assert second == first
    assert Payment.objects.count() == 1


# --- Who, and when -------------------------------------------------------------------------------------------


def test_a_guest_pays_with_the_orders_token(api: Any, standin: Any) -> None:
    order = order_for(None)
    api.credentials(HTTP_ORDER_TOKEN=order_token(order.pk))

    answer = pay(api, order, payment_method="pm_card_visa")

    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert api.get(f"/api/v1/payments/{answer.json()['id']}").status_code == 200


def test_another_orders_token_opens_nothing(api: Any, order: Any, standin: Any) -> None:
    other = order_for(None)
    api.credentials(HTTP_ORDER_TOKEN=order_token(other.pk))

    assert pay(api, order).status_code == 404
    assert Payment.objects.count() == 0


def test_a_guest_without_a_token_is_not_known(api: Any, order: Any) -> None:
    assert pay(api, order).status_code == 401


def test_anothers_order_and_payment_are_not_there(
    as_user: Any, client: Any, order: Any, standin: Any
) -> None:
    payment = pay(client, order).json()
    stranger = as_user(UserFactory())

    assert pay(stranger, order).status_code == 404
    assert stranger.get(f"/api/v1/payments/{payment['id']}").status_code == 404
    assert confirm(stranger, payment["id"], "pm_card_visa").status_code == 404
    assert charges(standin, order) == 0


@pytest.mark.parametrize("status", ["cancelled", "expired", "paid", "shipped"])
def test_only_an_unpaid_order_is_payable(client: Any, order: Any, standin: Any, status: str) -> None:
    payment = pay(client, order).json()
    type(order).objects.filter(pk=order.pk).update(status=status)

    for answer in (pay(client, order), confirm(client, payment["id"], "pm_card_visa")):
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert charges(standin, order) == 0


def test_what_has_succeeded_is_not_confirmed_again(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order, payment_method="pm_card_visa").json()

    answer = confirm(client, payment["id"], "pm_card_visa")

    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert charges(standin, order) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"order": 7}, "/order"),
        ({}, "/order"),
        ({"order": "1", "provider": "paypal"}, "/provider"),
        ({"order": "1", "provider": "manual"}, "/method"),
        ({"order": "1", "provider": "stripe", "method": "bank_transfer"}, "/method"),
        ({"order": "1", "method": "bank_transfer", "payment_method": "pm_card_visa"}, "/payment_method"),
        ({"order": "1", "payment_method": 5}, "/payment_method"),
        ({"order": "1", "return_url": "javascript:alert(1)"}, "/return_url"),
        ({"order": "1", "amount": 1}, "/amount"),
    ],
)
def test_bad_bodies(client: Any, body: dict[str, Any], pointer: str) -> None:
    answer = client.post("/api/v1/payments", body, headers=key())

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert Payment.objects.count() == 0


def test_an_unknown_payment_method_is_the_clients_error(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()

    answer = confirm(client, payment["id"], "pm_card_imaginary")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/payment_method"


@pytest.mark.parametrize("id", ["0", "99999999", "abc", "9" * 30, "1%00"])
def test_no_such_payment(client: Any, id: str) -> None:
    assert client.get(f"/api/v1/payments/{id}").status_code == 404


def test_nothing_secret_on_the_log(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_card_visa")

    assert not [row for row in EventRecord.objects.values_list("data", flat=True) if "secret" in str(row)]


def test_a_copy_of_ones_payments(client: Any, buyer: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()

    copy = export_user(user=buyer)["payments"]

    assert [str(row["id"]) for row in copy["payments"]] == [payment["id"]]
    assert copy["refunds"] == []


def test_a_redirect_is_forgotten_with_the_payments_end(client: Any, order: Any, standin: Any) -> None:
    body = pay(client, order, return_url="https://shop.test/back?session=1").json()
    created = standin.events("payment_intent.created")[-1]["data"]["object"]
    assert created["automatic_payment_methods"] == {"allow_redirects": "always", "enabled": True}

    assert confirm(client, body["id"], "pm_card_visa").json()["status"] == "succeeded"

    assert Payment.objects.get().return_url == ""
