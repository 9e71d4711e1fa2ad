"""Trouble on the way to Stripe: bounded, told as 503, and a retry finds its way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import stripe

import payments.views
from config.shared.idempotency import LEASE
from config.shared.money import Money
from payments import gateway
from payments.errors import StripeBroke, StripeDown
from payments.intents import failure_of, our_amount, stripe_amount
from payments.models import Payment
from payments.tests.factories import charges, confirm, key, pay
from payments.views.acts import TIME, ActsAtStripe


def retrieve(client: Any) -> Any:
    return client.v1.payment_intents.retrieve("pi_any")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_stripe_in_trouble_is_asked_twice(standin: Any, status: int) -> None:
    standin.trouble(status=status, path="/v1/payment_intents/*")
    before = len(standin.calls(path="/v1/payment_intents/pi_any"))

    with pytest.raises(StripeDown) as refusal:
        gateway.call(retrieve)

    assert len(standin.calls(path="/v1/payment_intents/pi_any")) - before == 2
    assert refusal.value.retry_after
    assert isinstance(refusal.value, StripeBroke) == (status >= 500)


def test_the_retry_helps(standin: Any) -> None:
    standin.trouble(status=500, times=1)

    assert gateway.call(lambda client: client.v1.customers.list()).data is not None


def test_a_hanging_stripe_is_given_up_in_time(standin: Any, settings: Any) -> None:
    settings.STRIPE_TIMEOUT = 0.6
    standin.trouble(hang=True)
    began = time.monotonic()

    with pytest.raises(StripeDown):
        gateway.call(retrieve)

    assert time.monotonic() - began < 1.5


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def dripping(start: bytes) -> Iterator[str]:
    """The address of a server that sends `start`, then a byte now and then for five seconds."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(start)
            until = time.monotonic() + 5
            while time.monotonic() < until and not over.wait(0.02):
                connection.sendall(b"x")
            connection.close()

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        server.join()


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", HEAD], ids=["head", "body"])
def test_a_dripping_answer_is_given_up_in_time(settings: Any, start: bytes) -> None:
    settings.STRIPE_TIMEOUT = 0.6
    with dripping(start) as settings.STRIPE_API_BASE:
        began = time.monotonic()
        with pytest.raises(StripeDown):
            gateway.call(retrieve)

    assert time.monotonic() - began < 1.5


def test_no_stripe_at_all(settings: Any) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with pytest.raises(StripeDown):
        gateway.call(retrieve)


def test_the_bulkhead_refuses_at_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(gateway, "SLOTS", threading.BoundedSemaphore(1))
    with gateway.SLOTS, pytest.raises(StripeDown) as refusal:
        gateway.call(retrieve)

    assert refusal.value.retry_after == 2


def test_a_slot_is_given_back(standin: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(gateway, "SLOTS", threading.BoundedSemaphore(1))
    standin.trouble(status=500, times=2)
    with pytest.raises(StripeDown):
        gateway.call(retrieve)

    assert gateway.call(lambda client: client.v1.customers.list()).data is not None


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(1999, "USD"), 1999),
        (Money(500, "JPY"), 500),
        (Money(500, "ISK"), 50000),
        (Money(1990, "KWD"), 1990),
    ],
)
def test_stripes_minor_units(money: Money, amount: int) -> None:
    assert stripe_amount(money) == amount
    assert our_amount(amount, money.currency) == money.amount


def test_why_a_card_was_declined_is_not_always_told() -> None:
    assert failure_of({"code": "card_declined", "decline_code": "stolen_card"}) == ("card_declined", "")
    assert failure_of({"code": "card_declined", "decline_code": "insufficient_funds", "message": "No."}) == (
        "insufficient_funds",
        "No.",
    )


# --- Through the API -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_stripe_down_is_503_and_a_retry_succeeds(client: Any, order: Any, standin: Any) -> None:
    headers = key()
    standin.trouble(status=503, path="/v1/payment_intents")

    answer = pay(client, order, headers=headers, payment_method="pm_card_visa")

    assert (answer.status_code, answer.json()["dependency"]) == (503, "Stripe")
    assert int(answer.headers["Retry-After"]) > 0
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("pending_payment", "requires_payment_method")

    standin.calm()
    again = pay(client, order, headers=headers, payment_method="pm_card_visa")
    assert (again.status_code, again.json()["status"]) == (201, "succeeded")
    assert (Payment.objects.count(), charges(standin, order)) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/payment_intents", "/v1/payment_intents/*/confirm"])
@pytest.mark.parametrize("trouble", [{"drop": True}, {"status": 500, "when": "after"}])
def test_an_answer_lost_after_the_commit(
    client: Any, order: Any, standin: Any, path: str, trouble: dict[str, Any]
) -> None:
    headers = key()
    standin.trouble(**trouble, path=path, times=2)
    first = pay(client, order, headers=headers, payment_method="pm_card_visa")
    standin.calm()

    again = pay(client, order, headers=headers, payment_method="pm_card_visa")

    assert first.status_code in {201, 503}
    assert (again.status_code, again.json()["status"]) == (201, "succeeded")
    assert charges(standin, order) == 1
    order.refresh_from_db()
    assert order.status == "paid"


@pytest.mark.django_db
def test_a_confirm_without_an_answer_is_taken_up(client: Any, order: Any, standin: Any) -> None:
    payment = pay(client, order).json()
    path, headers = f"/api/v1/payments/{payment['id']}/confirm", key()
    standin.trouble(drop=True, path="*/confirm", times=1)
    standin.trouble(status=500, path="*/confirm", times=1)

    lost = client.post(path, {"payment_method": "pm_card_visa"}, headers=headers)
    again = client.post(path, {"payment_method": "pm_card_visa"}, headers=headers)

    assert lost.status_code == 503
    assert (again.status_code, again.json()["status"]) == (200, "succeeded")
    assert charges(standin, order) == 1


@pytest.mark.django_db
def test_a_retry_does_not_send_the_customer_to_the_bank_twice(client: Any, order: Any, standin: Any) -> None:
    headers = key()
    standin.trouble(drop=True, path="*/confirm", times=2)
    lost = pay(client, order, headers=headers, payment_method="pm_card_threeDSecure2Required")
    reference = Payment.objects.get().provider_reference
    confirms = len(standin.calls(path=f"/v1/payment_intents/{reference}/confirm"))

    again = pay(client, order, headers=headers, payment_method="pm_card_threeDSecure2Required")

    assert lost.status_code == 503
    assert (again.status_code, again.json()["status"]) == (201, "requires_action")
    assert len(standin.calls(path=f"/v1/payment_intents/{reference}/confirm")) == confirms


def test_a_key_in_use_is_not_given_up() -> None:
    """Whoever uses it gets the answer; a fresh key would make a second intent."""
    used = stripe.IdempotencyError("in use", http_status=409, code="idempotency_key_in_use")

    assert not gateway.is_remembered(used)
    assert gateway.is_remembered(stripe.IdempotencyError("other parameters", http_status=400))


@pytest.mark.django_db
def test_a_payment_that_stripe_does_not_know_yet_can_be_confirmed(
    client: Any, order: Any, standin: Any
) -> None:
    standin.trouble(status=500, path="/v1/payment_intents", times=2)
    assert pay(client, order).status_code == 503

    answer = confirm(client, Payment.objects.get().pk, "pm_card_visa")

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")


def test_all_calls_of_an_act_share_its_time(standin: Any) -> None:
    """The lease of an act outlasts its calls, however many they are: a second attempt never calls beside the first."""
    assert LEASE.total_seconds() > TIME
    standin.trouble(hang=True, path="/v1/payment_intents/pi_any")
    began = time.monotonic()

    with gateway.acting(0.4):
        for _ in range(3):
            with pytest.raises(StripeDown):
                gateway.call(retrieve)

    assert time.monotonic() - began < 1
    standin.calm()
    assert gateway.call(lambda client: client.v1.customers.list()).data is not None


def test_every_act_that_calls_out_has_such_a_limit() -> None:
    views = {type_ for type_ in vars(payments.views).values() if isinstance(type_, type)}
    calling = {
        view
        for view in views
        if view.__dict__.get("idempotency") == "calls_out" or view is payments.views.Confirm
    }
    assert len(calling) == 3
    assert all(issubclass(view, ActsAtStripe) for view in calling)
