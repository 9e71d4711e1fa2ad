"""Stripe's webhooks: forged ones do nothing, true ones do what they mean once, in any order."""

import itertools
import json
import time
import urllib.parse
import urllib.request
from typing import Any

import pytest

from payments import gateway
from payments.models import Payment, StripeEvent
from payments.providers import PROVIDERS
from payments.tests.factories import (
    WEBHOOK,
    PaymentFactory,
    charges,
    confirm,
    deliver,
    events_of,
    pay,
    signature,
)

pytestmark = pytest.mark.django_db
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "livemode": False,
    "data": {"object": {"id": "pi_unknown", "object": "payment_intent"}},
}


def authenticate(standin: Any, reference: str, secret: str, outcome: str = "complete") -> None:
    """What the customer does on the page of their bank."""
    url = f"{standin.url}/authenticate/{reference}?client_secret={secret}"
    data = urllib.parse.urlencode({"outcome": outcome}).encode()
    urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10).close()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "nonsense",
        "t={now}",
        "t={now},v1=" + "0" * 64,
        "t=" + "9" * 5000 + ",v1=" + "0" * 64,
        "t=é,v1=é",
    ],
    ids=range(7),
)
def test_without_a_good_signature_nothing_happens(api: Any, header: str) -> None:
    answer = deliver(api, EVENT, header=header.format(now=int(time.time())))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert StripeEvent.objects.count() == 0


@pytest.mark.parametrize(
    "shift", [-301, 330, -86_400, 86_400]
)  # what lies ahead comes nearer while it is sent
def test_too_old_or_from_the_future(api: Any, shift: int) -> None:
    header = signature(json.dumps(EVENT), moment=int(time.time()) + shift)

    answer = deliver(api, EVENT, header=header)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert StripeEvent.objects.count() == 0


def test_a_changed_byte_and_a_foreign_secret(api: Any) -> None:
    changed = deliver(api, EVENT, raw=json.dumps(EVENT).replace("pi_unknown", "pi_unknowm"))
    foreign = deliver(api, EVENT, header=signature(json.dumps(EVENT), secret="whsec_other"))

    assert (changed.status_code, foreign.status_code) == (400, 400)
    assert StripeEvent.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "7",
        '{"id": "evt_1"}',
        json.dumps(EVENT | {"livemode": True}),
        json.dumps(EVENT | {"id": 7}),
    ],
)
def test_signed_nonsense(api: Any, body: str) -> None:
    answer = deliver(api, EVENT, raw=body, header=signature(body))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_event")
    assert StripeEvent.objects.count() == 0


def test_not_utf_8(api: Any) -> None:
    answer = api.post(
        WEBHOOK, data=b"\xff\xfe", content_type="text/plain", headers={"Stripe-Signature": "t=1,v1=0"}
    )

    assert answer.status_code == 400


def test_an_event_that_means_nothing_to_us(api: Any) -> None:
    answer = deliver(api, EVENT | {"type": "customer.created"})

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert StripeEvent.objects.count() == 0


def test_an_unknown_intent_is_parked(api: Any, standin: Any, run_jobs: Any) -> None:
    assert deliver(api, EVENT).status_code == 200
    run_jobs()

    event = StripeEvent.objects.get()
    assert (event.status, event.object_id) == ("parked", "pi_unknown")


def test_a_foreign_intent_is_parked(api: Any, client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    """One of the same Stripe account that claims to be ours."""
    payment = Payment.objects.get(pk=pay(client, order).json()["id"])
    twin = PROVIDERS["stripe"].create(
        Payment(pk=10**9, token=payment.token, order=order, amount=50, currency="USD")
    )

    deliver(api, EVENT | {"data": {"object": {"id": twin.id}}})
    run_jobs()

    assert StripeEvent.objects.get().status == "parked"
    payment.refresh_from_db()
    assert payment.provider_reference != twin.id


def test_each_order_of_arrival_has_one_effect(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    reference = pay(client, order, payment_method="pm_card_chargeDeclined").json()["provider_reference"]
    confirm(client, Payment.objects.get().pk, "pm_card_visa")
    events = [event for event in events_of(standin, reference) if event["type"].startswith("payment_intent.")]
    assert {"payment_intent.created", "payment_intent.payment_failed", "payment_intent.succeeded"} <= {
        event["type"] for event in events
    }

    for index, permutation in enumerate(itertools.permutations(events)):
        for event in permutation:
            again = event | {"id": f"{event['id']}_{index}"}
            assert [deliver(api, again).status_code for _ in range(2)] == [200, 200]
        run_jobs()
        order.refresh_from_db()
        assert (order.status, Payment.objects.get().status) == ("paid", "succeeded")

    assert charges(standin, order) == 1
    assert order.events.filter(status="paid").count() == 1


def test_a_duplicate_is_one_job(api: Any, client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    reference = pay(client, order, payment_method="pm_card_visa").json()["provider_reference"]
    event = next(e for e in events_of(standin, reference) if e["type"] == "payment_intent.succeeded")
    run_jobs()

    for _ in range(3):
        assert deliver(api, event).status_code == 200

    assert run_jobs().count("payments.process_stripe_event") == 1
    assert StripeEvent.objects.get().status == "processed"


def test_authentication_is_told_by_the_webhook(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    body = pay(client, order, payment_method="pm_card_threeDSecure2Required").json()
    assert body["status"] == "requires_action"
    reference = body["provider_reference"]

    authenticate(standin, reference, body["client_secret"])
    deliver(
        api,
        events_of(standin, reference)[-1] | {"type": "payment_intent.succeeded", "data": intent(reference)},
    )
    run_jobs()

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("paid", "succeeded")


def test_failed_authentication_asks_for_another_card(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    body = pay(client, order, payment_method="pm_card_threeDSecure2Required").json()

    authenticate(standin, body["provider_reference"], body["client_secret"], outcome="fail")
    deliver(
        api, EVENT | {"type": "payment_intent.payment_failed", "data": intent(body["provider_reference"])}
    )
    run_jobs()

    payment = Payment.objects.get()
    assert payment.status == "requires_payment_method"
    assert payment.failure_code == "payment_intent_authentication_failure"


BANK = [
    ("pm_usBankAccount_success", "succeeded", "paid"),
    ("pm_usBankAccount_insufficientFunds", "requires_payment_method", "pending_payment"),
]


@pytest.mark.parametrize("case", BANK, ids=lambda case: case[0])
def test_a_bank_answers_later(
    client: Any, order: Any, standin: Any, run_jobs: Any, case: tuple[str, str, str]
) -> None:
    method, *outcome = case
    body = pay(client, order, payment_method=method).json()
    assert body["status"] == "processing"

    standin.advance()
    deliver(client, EVENT | {"type": "payment_intent.succeeded", "data": intent(body["provider_reference"])})
    run_jobs()

    order.refresh_from_db()
    assert [Payment.objects.get().status, order.status] == outcome


def test_a_webhook_may_come_before_the_answer(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    """The intent's id is not stored yet; the token that went along tells whose it is."""
    reference = pay(client, order).json()["provider_reference"]
    confirm_at_stripe(reference)
    Payment.objects.update(provider_reference="")

    deliver(api, EVENT | {"data": intent(reference)})
    run_jobs()

    payment = Payment.objects.get()
    assert (payment.status, payment.provider_reference) == ("succeeded", reference)


def test_another_amount_has_no_effect(api: Any, client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    reference = pay(client, order).json()["provider_reference"]
    confirm_at_stripe(reference)
    Payment.objects.update(amount=order.total_amount + 1)

    deliver(api, EVENT | {"data": intent(reference)})
    run_jobs()

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("pending_payment", "requires_payment_method")
    assert (StripeEvent.objects.get().status, StripeEvent.objects.get().note) == ("parked", "mismatch")


def test_a_signed_body_that_lies_is_not_believed(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    """What happened is read again from Stripe."""
    reference = pay(client, order).json()["provider_reference"]
    lie = {"object": {"id": reference, "object": "payment_intent", "status": "succeeded"}}

    deliver(api, EVENT | {"data": lie})
    run_jobs()

    assert Payment.objects.get().status == "requires_payment_method"
    order.refresh_from_db()
    assert order.status == "pending_payment"


def test_stripe_away_when_the_job_runs(api: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    PaymentFactory(order=order, provider_reference="pi_x")
    standin.trouble(status=500, path="/v1/payment_intents/*")
    deliver(api, EVENT | {"data": intent("pi_x")})

    with pytest.raises(Exception, match="Stripe"):
        run_jobs()

    assert StripeEvent.objects.get().status == "received"


def intent(reference: str) -> dict[str, Any]:
    return {"object": {"id": reference, "object": "payment_intent"}}


def confirm_at_stripe(reference: str) -> None:
    gateway.call(
        lambda client: client.v1.payment_intents.confirm(reference, {"payment_method": "pm_card_visa"})
    )
