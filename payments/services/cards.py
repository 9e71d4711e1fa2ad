"""Saved cards: Stripe keeps them under the user's customer; only that customer's id is stored here."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

import stripe
from django.db import transaction

from accounts.models import User
from config.shared.errors import NotFound
from payments import gateway
from payments.intents import failure_of
from payments.models import Payment, StripeCustomer
from payments.providers import field_error
from payments.signals import customer_forgotten

METHOD = re.compile(r"(pm|card|src|ba)_[A-Za-z0-9_]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A card being saved; the secret lets the browser finish it."""

    id: str
    status: str
    payment_method: str | None
    failure: dict[str, str] | None = None
    client_secret: str | None = field(default=None, repr=False)
    next_action: dict[str, Any] | None = field(default=None, repr=False)


def saved_methods(*, user: User) -> list[dict[str, Any]]:
    """The user's methods as Stripe has them, newest first. Raises StripeDown. Not in a transaction."""
    customer = StripeCustomer.objects.filter(user=user).exclude(provider_reference="").first()
    if customer is None:
        return []
    params: stripe.params.CustomerPaymentMethodListParams = {"limit": 100}
    reference = customer.provider_reference
    found = gateway.call(lambda client: client.v1.customers.payment_methods.list(reference, params)).data
    return [shown(method.to_dict()) for method in found]


def shown(method: dict[str, Any]) -> dict[str, Any]:
    details = method.get(method["type"]) or {}
    names = ("brand", "last4", "exp_month", "exp_year")
    return {"id": method["id"], "type": method["type"]} | {name: details.get(name) for name in names}


def save_method(*, user: User, payment_method: str = "", return_url: str = "") -> Setup:
    """Begins to save a card; the browser, or its `payment_method`, completes it. Returns a decline, does not raise it.

    Raises StripeDown, ValidationError. Not in a transaction.
    """
    params: stripe.params.SetupIntentCreateParams = {
        "customer": customer_for(user),
        "usage": "off_session",
        "automatic_payment_methods": {
            "enabled": True,
            "allow_redirects": "always" if return_url else "never",
        },
    }
    if payment_method:
        params |= {"confirm": True, "payment_method": payment_method}
        params |= {"return_url": return_url} if return_url else {}
    key: stripe.RequestOptions = {"idempotency_key": f"setup-{uuid.uuid4().hex}"}
    try:
        return setup_of(gateway.call(lambda client: client.v1.setup_intents.create(params, key)).to_dict())
    except stripe.CardError as problem:
        return setup_in(problem)
    except stripe.InvalidRequestError as problem:
        raise field_error(problem) from problem


def setup_of(intent: dict[str, Any]) -> Setup:
    code, message = failure_of(intent.get("last_setup_error") or {})
    return Setup(
        id=intent["id"],
        status=intent["status"],
        payment_method=intent.get("payment_method"),
        client_secret=intent.get("client_secret"),
        next_action=intent.get("next_action"),
        failure={"code": code, "message": message} if code else None,
    )


def setup_in(problem: stripe.CardError) -> Setup:
    """The refused set-up, which Stripe sends along with the refusal."""
    body = problem.json_body if isinstance(problem.json_body, dict) else {}
    error = body.get("error", {})
    if found := error.get("setup_intent"):
        return setup_of(found | {"last_setup_error": found.get("last_setup_error") or error})
    code, message = failure_of(error)
    failure = {"code": code or "card_declined", "message": message}
    return Setup(id="", status="requires_payment_method", payment_method=None, failure=failure)


def remove_method(*, user: User, method_id: str) -> None:
    """Raises NotFound for a method that is not the user's, StripeDown. Not in a transaction."""
    customer = StripeCustomer.objects.filter(user=user).exclude(provider_reference="").first()
    if customer is None or not METHOD.fullmatch(method_id):
        raise NotFound
    try:
        method = gateway.call(lambda client: client.v1.payment_methods.retrieve(method_id))
        if method.customer != customer.provider_reference:
            raise NotFound
        key: stripe.RequestOptions = {"idempotency_key": f"detach-{uuid.uuid4().hex}"}
        gateway.call(lambda client: client.v1.payment_methods.detach(method_id, {}, key))
    except stripe.InvalidRequestError as problem:
        raise NotFound from problem


def customer_for(user: User) -> str:
    """The user's customer at Stripe, created if missing; two concurrent calls create the same one."""
    customer, _ = StripeCustomer.objects.get_or_create(user=user)
    if customer.provider_reference:
        return customer.provider_reference
    params: stripe.params.CustomerCreateParams = {"metadata": {"user": str(user.pk)}}
    key: stripe.RequestOptions = {"idempotency_key": customer.key}
    made = gateway.call(lambda client: client.v1.customers.create(params, key))
    StripeCustomer.objects.filter(pk=customer.pk, provider_reference="").update(provider_reference=made.id)
    return StripeCustomer.objects.get(pk=customer.pk).provider_reference


def known_customer(payment: Payment) -> str:
    """The payer's customer at Stripe; empty for guests and for users who have saved nothing."""
    customer = (
        StripeCustomer.objects.filter(user=payment.order.user_id).first() if payment.order.user_id else None
    )
    return customer.provider_reference if customer else ""


@transaction.atomic
def forget_customer(user: User) -> None:
    """Defers the deletion of an erased user's cards to a job."""
    customer = StripeCustomer.objects.filter(user=user).first()
    if customer is not None:
        customer.delete()
        if customer.provider_reference:
            customer_forgotten.send(sender=StripeCustomer, reference=customer.provider_reference)


def delete_customer(*, reference: str) -> None:
    """Deletes the customer and their cards at Stripe; ignores one that is already deleted. Raises StripeDown."""
    try:
        gateway.call(lambda client: client.v1.customers.delete(reference))
    except stripe.InvalidRequestError as problem:
        if problem.code != "resource_missing":
            raise
