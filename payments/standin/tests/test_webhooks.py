import json

import pytest
import stripe

from payments.standin.testing import WEBHOOK_SECRET, running_standin
from payments.standin.tests.conftest import client_of
from payments.standin.tests.receiver import Receiver

INTENT = {"amount": 2000, "currency": "usd"}


def test_an_event_is_signed_over_the_raw_body(api, standin, receiver):
    standin.set_webhooks(receiver.url)
    intent = api.payment_intents.create(INTENT, {"idempotency_key": "order-7"})
    standin.flush()
    headers, body = receiver.posts[0]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], WEBHOOK_SECRET)
    assert (event.type, event.livemode, event.data.object.id) == ("payment_intent.created", False, intent.id)
    assert event.api_version == stripe.api_version
    assert event.request.idempotency_key == "order-7"
    for secret, payload in (("whsec_other", body), (WEBHOOK_SECRET, body + b" ")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], secret)


def test_what_is_refused_comes_again_with_its_id(api, standin, receiver):
    standin.set_webhooks(receiver.url)
    receiver.statuses.extend([500, 302])
    api.payment_intents.create(INTENT)
    receiver.wait(lambda: len(receiver.posts) == 3)
    assert len({event["id"] for event in receiver.events}) == 1
    standin.flush()
    assert api.events.retrieve(receiver.events[0]["id"]).pending_webhooks == 0


def test_pending_webhooks_are_counted(api, standin, receiver):
    standin.set_webhooks(receiver.url, receiver.url)
    standin.hold_webhooks()
    api.payment_intents.create(INTENT)
    assert api.events.list().data[0].pending_webhooks == 2


def test_held_back_and_released(api, standin, receiver):
    standin.set_webhooks(receiver.url)
    standin.hold_webhooks()
    api.payment_intents.create(INTENT)
    standin.flush()
    assert receiver.posts == []
    standin.release_webhooks()
    standin.flush()
    assert receiver.types == ["payment_intent.created"]


def test_duplicates(api, standin, receiver):
    standin.set_webhooks(receiver.url)
    standin.trouble(duplicate_webhooks=True)
    api.payment_intents.create(INTENT)
    standin.flush()
    assert len(receiver.posts) == 2
    assert len({event["id"] for event in receiver.events}) == 1


def test_reordered(standin, receiver, pay):
    standin.set_webhooks(receiver.url)
    standin.trouble(reorder_webhooks=True)
    pay()
    standin.flush()
    assert receiver.types == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


def test_endpoints_have_their_own_secret_and_types(api, standin, receiver):
    endpoint = api.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    assert endpoint.secret.startswith("whsec_")
    api.payment_intents.create(INTENT)
    api.customers.create({})
    standin.flush()
    assert receiver.types == ["customer.created"]
    headers, body = receiver.posts[0]
    stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)
    api.webhook_endpoints.delete(endpoint.id)
    api.customers.create({})
    standin.flush()
    assert len(receiver.posts) == 1


def test_an_endpoint_hears_of_the_platform_or_of_its_accounts(api, standin, receiver):
    for connect in (False, True):
        url = f"{receiver.url}?connect={connect}"
        api.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"], "connect": connect})
    account = api.accounts.create({"type": "express"}).id
    api.customers.create({})
    standin.flush()
    api.customers.create({}, {"stripe_account": account})
    standin.flush()
    assert [event.get("account") for event in receiver.events] == [None, account]


def test_pending_deliveries_survive_kill_9_and_follow_a_new_address(tmp_path):
    state = tmp_path / "state.db"
    with running_standin(state, webhook_url="http://127.0.0.1:9/nobody") as standin:
        created = client_of(standin).payment_intents.create(INTENT)
        standin.flush()
        standin.kill()
    with Receiver() as receiver, running_standin(state, webhook_url=receiver.url):
        receiver.wait(lambda: bool(receiver.posts))
        assert json.loads(receiver.posts[0][1])["data"]["object"]["id"] == created.id
