"""Nothing that pays, or that opens a payment, is logged or stored."""

import json
import re
import time
from typing import Any

import pytest
import stripe
from django.apps import apps
from django.conf import settings
from django.db import connection

from payments import gateway
from payments.models import StripeEvent
from payments.tests.factories import confirm, deliver, events_of, key, order_for, pay, signature
from payments.tests.test_webhooks import EVENT

pytestmark = pytest.mark.django_db
CARD_LIKE = re.compile(r"\b(?:\d[ -]?){13,19}\b")
SECRETS = re.compile(r"_secret_[A-Za-z0-9]|sk_(?:test|live)_|whsec_|client_secret['\"]: ['\"]")
LINKS = ("/checkout/", "/authenticate/", "/onboarding/")


def stored() -> str:
    """Every text of every table, jobs and idempotency answers included."""
    tables = {model._meta.db_table for model in apps.get_models() if model._meta.managed}
    texts = []
    with connection.cursor() as cursor:
        for table in sorted(tables | {"procrastinate_jobs"}):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            texts.append(cursor.fetchone()[0])
        cursor.execute(
            "SELECT coalesce(string_agg(convert_from(body, 'UTF8'), chr(10)), '') FROM shared_idempotencyrecord"
        )
        texts.append(cursor.fetchone()[0])
    return "\n".join(texts)


def test_neither_rows_nor_jobs_nor_logs_hold_a_secret_or_a_card(
    *, api: Any, client: Any, buyer: Any, order: Any, standin: Any, run_jobs: Any, caplog: Any, capfd: Any
) -> None:
    """A story with everything that has a secret: intents, authentication, checkout pages, saved cards, webhooks, failures."""
    caplog.set_level("DEBUG")
    card = {
        "type": "card",
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"},
    }
    raw: Any = gateway.call(
        lambda at: at.v1.payment_methods.create(card, {"idempotency_key": key()["Idempotency-Key"]})
    )
    answers = [
        client.post("/api/v1/me/payment-methods", {"payment_method": raw.id}),
        client.get("/api/v1/me/payment-methods"),
        client.post("/api/v1/me/payment-methods", {}),
        pay(client, order, payment_method="pm_card_threeDSecure2Required", return_url="https://x.test/"),
        pay(client, order_for(buyer), method="checkout", return_url="https://x.test/back"),
    ]
    declined = pay(client, order_for(buyer)).json()
    answers.append(confirm(client, declined["id"], "pm_card_chargeDeclinedFraudulent"))
    standin.trouble(status=500, times=4)
    answers.append(pay(client, order_for(buyer)))
    standin.calm()
    for event in events_of(standin, declined["provider_reference"]):
        deliver(api, event)
    run_jobs()
    secrets = {
        found
        for answer in answers
        for found in re.findall(r"[a-z]+_[0-9a-f]+_secret_\w+", answer.content.decode())
    }
    assert len(secrets) >= 3  # the story has what must not be found
    console = "".join(capfd.readouterr())

    for place, text in {"tables": stored(), "logs": f"{caplog.text}\n{console}"}.items():
        assert [secret for secret in secrets if secret in text] == [], place
        assert [link for link in LINKS if f"{standin.url}{link}" in text] == [], place
        assert "4242424242424242" not in text, place
        assert [one for one in SECRETS.findall(text) if one != ""] == [], place
        assert settings.STRIPE_WEBHOOK_SECRET not in text, place
    assert [one for one in CARD_LIKE.findall(console) if luhn(one)] == []


def luhn(text: str) -> bool:
    digits = [int(one) for one in text if one.isdecimal()]
    doubled = [sum(divmod(2 * one, 10)) if index % 2 else one for index, one in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def test_sellers_accounts_have_a_secret_of_their_own(api: Any, settings: Any) -> None:
    """Stripe signs what it tells of connected accounts with another; an empty one is no secret."""
    event = EVENT | {"type": "account.updated", "data": {"object": {"id": "acct_unknown"}}}
    connected = signature(json.dumps(event), secret="whsec_connect")
    unsigned = stripe.WebhookSignature.generate_signature_header(json.dumps(event), "", int(time.time()))
    assert deliver(api, event, header=connected).status_code == 400
    assert deliver(api, event, header=unsigned).status_code == 400
    settings.STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_connect"
    assert deliver(api, event, header=connected).status_code == 200
    assert deliver(api, event).status_code == 200
    assert StripeEvent.objects.count() == 1
