import json
import time
import uuid
from datetime import timedelta
from typing import Any

import factory
import stripe
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from factory.django import DjangoModelFactory

from catalog.models import Variant
from catalog.tests.factories import VariantFactory
from config.shared.actor import Actor
from orders.models import Order
from orders.services import Checkout, place_order
from orders.tests.factories import ADDRESS, place_order_for, put_in_cart
from orders.tokens import new_cart_token
from payments import services
from payments.integrity import verify
from payments.models import LedgerEntry, Payment, Payout, PayoutAccount

WEBHOOK = "/api/v1/payments/webhooks/stripe"


@transaction.atomic
def place(user: Any, *variants: Variant) -> Order:
    """An unpaid order of one unit of each, placed by the real service; a guest's for no user."""
    if user is not None:
        return place_order_for(user, *variants)
    guest = Actor(cart_token=new_cart_token())
    for variant in variants:
        put_in_cart(guest, variant)
    return place_order(actor=guest, checkout=Checkout(shipping_address=ADDRESS, email="guest@example.com"))


def order_for(user: Any, **variant: Any) -> Order:
    """An unpaid order of one variant."""
    return place(user, VariantFactory(**({"stock": 5} | variant)))


class PaymentFactory(DjangoModelFactory):
    """A row alone: Stripe knows nothing of it. Give it an order."""

    class Meta:
        model = Payment

    provider = Payment.Provider.STRIPE
    amount = factory.SelfAttribute("order.total_amount")
    currency = factory.SelfAttribute("order.currency")


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def pay(client: Any, order: Order, *, headers: dict[str, str] | None = None, **body: Any) -> Any:
    """POST /payments."""
    return client.post("/api/v1/payments", {"order": str(order.pk), **body}, headers=headers or key())


def confirm(client: Any, payment_id: str, method: str, **body: Any) -> Any:
    return client.post(f"/api/v1/payments/{payment_id}/confirm", {"payment_method": method, **body})


def signature(raw: str, *, moment: int | None = None, secret: str | None = None) -> str:
    secret = secret or settings.STRIPE_WEBHOOK_SECRET
    return stripe.WebhookSignature.generate_signature_header(raw, secret, moment or int(time.time()))


def deliver(api: Any, event: dict[str, Any], *, header: str | None = None, raw: str | None = None) -> Any:
    """Posts a webhook as Stripe would; `header` and `raw` replace what is right."""
    body = json.dumps(event) if raw is None else raw
    return api.post(
        WEBHOOK,
        data=body.encode(),
        content_type="application/json",
        headers={"Stripe-Signature": signature(json.dumps(event)) if header is None else header},
    )


def events_of(standin: Any, reference: str) -> list[dict[str, Any]]:
    """The stand-in's events of one intent and its charges and refunds, oldest first."""
    return [
        event
        for event in standin.events()
        if reference in (event["data"]["object"]["id"], event["data"]["object"].get("payment_intent"))
    ]


def charges(standin: Any, order: Order) -> int:
    """How often money was taken for an order, over all its intents."""
    wanted = {"order": str(order.pk)}
    return sum(
        wanted.items() <= e["data"]["object"]["metadata"].items()
        for e in standin.events("payment_intent.succeeded")
    )


def onboard(standin: Any, seller: Any) -> PayoutAccount:
    """The seller has done all that Stripe's pages ask for."""
    url = services.begin_onboarding(
        seller=seller, return_url="https://x.test/", refresh_url="https://x.test/"
    )
    standin.submit(url, outcome="complete")
    account = PayoutAccount.objects.get(seller=seller)
    services.sync_account(reference=account.provider_reference)
    return PayoutAccount.objects.get(seller=seller)


def lapse() -> None:
    """The leases of payouts, as a minute after their calls failed."""
    Payout.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def deliver_parts(order: Order, *, days_ago: float = 8) -> None:
    """Its parts are with the customer, since so many days."""
    moment = timezone.now() - timedelta(days=days_ago)
    order.parts.update(status="delivered", delivered_at=moment)


def books(**where: Any) -> dict[str, int]:
    """Balances by account; those of zero are left out."""
    rows = LedgerEntry.objects.filter(**where).values_list("account").annotate(total=Sum("amount"))
    return {account: total for account, total in rows.order_by("account") if total}


def check_books() -> None:
    """What the database would find at the commit, and `manage.py verify`."""
    connection.check_constraints()
    assert list(verify()) == []
