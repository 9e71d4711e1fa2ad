import uuid
from contextlib import suppress
from typing import Any

import stripe

from config.shared.errors import InvalidTransition
from config.shared.money import Money
from payments import gateway
from payments.errors import StripeBroke
from payments.intents import Intent, failure_of, our_amount, stripe_amount
from payments.models import Payment
from payments.providers.base import renew_token
from payments.providers.intents import Stripe, metadata_of
from payments.providers.refusals import refusal_of

INTENT = "payment_intent"


class Checkout(Stripe):
    """Checkout Sessions: Stripe's own page, for shops without a front end. Refunds go through the session's intent."""

    def retrieve(self, reference: str) -> Intent:
        params: stripe.params.checkout.SessionRetrieveParams = {"expand": [INTENT]}
        try:
            found = gateway.call(lambda client: client.v1.checkout.sessions.retrieve(reference, params))
        except stripe.InvalidRequestError as problem:
            raise refusal_of(problem) from problem
        return intent_of_session(found.to_dict())

    def create(self, payment: Payment) -> Intent:
        """The session is open for Stripe's 24 hours, but is ended with the order's hold."""
        key: stripe.RequestOptions = {"idempotency_key": payment.key("checkout")}
        params = session_params(payment)
        try:
            made = gateway.call(lambda client: client.v1.checkout.sessions.create(params, key))
        except stripe.InvalidRequestError as problem:
            raise refusal_of(problem) from problem
        except StripeBroke:
            renew_token(payment)
            raise
        return intent_of_session(made.to_dict())

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        raise InvalidTransition(status=payment.status, allowed=[])

    def cancel(self, payment: Payment) -> Intent:
        """A session that was paid, or is at a bank, is returned as it is."""
        session = self.fetch(payment)
        key: stripe.RequestOptions = {"idempotency_key": payment.key(f"expire-{uuid.uuid4().hex[:12]}")}
        with suppress(stripe.InvalidRequestError):  # over, or just being paid: the state says which
            gateway.call(lambda client: client.v1.checkout.sessions.expire(session.id, {}, key))
        return self.retrieve(session.id)


def session_params(payment: Payment) -> stripe.params.checkout.SessionCreateParams:
    """A single line; the order shows what the total consists of."""
    price: Any = {
        "currency": payment.currency.lower(),
        "unit_amount": stripe_amount(payment.money),
        "product_data": {"name": f"Order {payment.order.number}"},
    }
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": payment.return_url,
        "cancel_url": payment.return_url,
        "client_reference_id": str(payment.order_id),
        "metadata": metadata_of(payment),
        "payment_intent_data": {"metadata": metadata_of(payment)},
    }
    if payment.customer_reference:
        params["customer"] = payment.customer_reference
    return params


def intent_of_session(data: dict[str, Any]) -> Intent:
    """The session as an intent; Stripe creates the real one when the customer begins to pay."""
    currency = data["currency"].upper()
    inner = data.get("payment_intent") or {}
    inner = inner if isinstance(inner, dict) else {"id": inner}
    failure_code, failure_message = failure_of(inner.get("last_payment_error") or {})
    return Intent(
        id=data["id"],
        intent_id=inner.get("id", ""),
        status=status_of(data["status"], inner.get("status", "requires_payment_method")),
        money=Money(our_amount(data["amount_total"], currency), currency),
        received=our_amount(inner.get("amount_received") or 0, currency),
        token=(data.get("metadata") or {}).get("payment", ""),
        is_live=data["livemode"],
        checkout_url=data.get("url"),
        failure_code=failure_code,
        failure_message=failure_message,
    )


def status_of(session: str, intent: str) -> str:
    """The session's status as an intent's: an expired session takes no money, whatever its intent waits for."""
    has_moved = intent in {"succeeded", "processing", "requires_capture"}
    return "canceled" if session == "expired" and not has_moved else intent
