"""Every resource holds the fields of Stripe's own published sample of it."""

import json
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "../shared/stripe/fixtures3.json"
URLS = {"refresh_url": "https://shop.test", "return_url": "https://shop.test"}
ACCOUNT = {"type": "express", "capabilities": {"transfers": {"requested": True}}}
RUG = {"price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Rug"}}}


@pytest.fixture(scope="module")
def samples():
    if not SAMPLES.exists():
        pytest.skip("Stripe's samples are not here")
    return json.loads(SAMPLES.read_text())["resources"]


@pytest.fixture
def made(api, pay, standin):
    """One object of every kind."""
    customer = api.customers.create({})
    intent = pay("pm_card_createDispute")
    funding = pay("pm_card_bypassPending", amount=9000, expand=["latest_charge.balance_transaction"])
    account = api.accounts.create(ACCOUNT).id
    link = api.account_links.create({"account": account, "type": "account_onboarding", **URLS})
    standin.submit(link.url, outcome="complete")
    transfer = api.transfers.create({"amount": 500, "currency": "usd", "destination": account})
    return {
        "account": api.accounts.retrieve(account),
        "account_link": link,
        "balance": api.balance.retrieve(),
        "balance_transaction": funding.latest_charge.balance_transaction,
        "charge": funding.latest_charge,
        "checkout.session": api.checkout.sessions.create(
            {"mode": "payment", "line_items": [RUG], "success_url": "https://shop.test"}
        ),
        "customer": customer,
        "deleted_customer": api.customers.delete(api.customers.create({}).id),
        "dispute": api.disputes.list({"payment_intent": intent.id}).data[0],
        "event": api.events.list().data[0],
        "login_link": api.accounts.login_links.create(account),
        "payment_intent": intent,
        "payment_method": api.payment_methods.attach("pm_card_visa", {"customer": customer.id}),
        "payout": api.payouts.create({"amount": 100, "currency": "usd"}),
        "refund": api.refunds.create({"payment_intent": funding.id, "amount": 100}),
        "setup_intent": api.setup_intents.create({}),
        "transfer": transfer,
        "transfer_reversal": api.transfers.reversals.create(transfer.id),
        "webhook_endpoint": api.webhook_endpoints.create(
            {"url": "http://127.0.0.1:9", "enabled_events": ["*"]}
        ),
    }


def test_top_level_fields(samples, made):
    missing = {kind: set(samples[kind]) - set(each.to_dict()) for kind, each in made.items()}
    assert {kind: names for kind, names in missing.items() if names} == {}


def test_notes_of_the_stand_in_are_not_shown(made):
    assert [name for each in made.values() for name in each.to_dict() if name.startswith("_")] == []


def test_objects_in_events_are_those_of_the_api(api, pay, standin):
    intent = pay()
    (event,) = standin.events("payment_intent.succeeded")
    assert event["data"]["object"] == api.payment_intents.retrieve(intent.id).to_dict()
