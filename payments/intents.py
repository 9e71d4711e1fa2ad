"""A provider's payments and refunds in our own terms."""

from dataclasses import dataclass, field
from typing import Any

import stripe

from config.shared.money import Money
from payments.errors import CurrencyNotSupported

# Where Stripe's minor unit differs from ISO 4217's: factors from ours to theirs.
# https://docs.stripe.com/currencies#special-cases and #zero-decimal
TIMES = {"ISK": 100, "UGX": 100}
DIVIDED = {"MGA": 100}
ROUND_TO = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}
# Stripe asks not to show these reasons to customers; they get the general code instead.
KEPT_TO_OURSELVES = {
    "generic_decline",
    "lost_card",
    "stolen_card",
    "pickup_card",
    "fraudulent",
    "merchant_blacklist",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A provider's payment. `token` is the one we sent along; `status` is in Stripe's terms, amounts are in ours.

    `id` is the provider's reference; `intent_id` is the intent's id if that differs (for a Checkout Session).

    What gives the customer's browser access is not in the repr, and so in no log.
    """

    id: str
    status: str
    money: Money
    received: int
    token: str
    is_live: bool
    intent_id: str = ""
    client_secret: str | None = field(default=None, repr=False)
    checkout_url: str | None = field(default=None, repr=False)
    next_action: dict[str, Any] | None = field(default=None, repr=False)
    failure_code: str = ""
    failure_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAnswer:
    """A provider's refund; `status` is one of `pending`, `succeeded`, `failed`."""

    id: str
    status: str
    failure_code: str = ""


def intent_of(source: stripe.PaymentIntent | dict[str, Any]) -> Intent:
    data = source if isinstance(source, dict) else source.to_dict()
    currency = data["currency"].upper()
    failure_code, failure_message = failure_of(data.get("last_payment_error") or {})
    return Intent(
        id=data["id"],
        status=data["status"],
        money=Money(our_amount(data["amount"], currency), currency),
        received=our_amount(data.get("amount_received") or 0, currency),
        token=(data.get("metadata") or {}).get("payment", ""),
        is_live=data["livemode"],
        client_secret=data.get("client_secret"),
        next_action=data.get("next_action"),
        failure_code=failure_code,
        failure_message=failure_message,
    )


def failure_of(error: dict[str, Any]) -> tuple[str, str]:
    reason, general = error.get("decline_code"), error.get("code") or ""
    code = reason if reason and reason not in KEPT_TO_OURSELVES else general
    return code[:64], (error.get("message") or "")[:500]


def refund_of(refund: stripe.Refund) -> RefundAnswer:
    status = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}.get(
        refund.status or "", "pending"
    )
    return RefundAnswer(
        id=refund.id, status=status, failure_code=getattr(refund, "failure_reason", None) or ""
    )


def stripe_amount(money: Money) -> int:
    """Raises CurrencyNotSupported for an amount that Stripe's unit of this currency cannot express."""
    if money.amount % stripe_step(money.currency):
        raise CurrencyNotSupported
    return money.amount * TIMES.get(money.currency, 1) // DIVIDED.get(money.currency, 1)


def stripe_step(currency: str) -> int:
    """Stripe can express only multiples of this, in our minor units."""
    return max(DIVIDED.get(currency, 1), ROUND_TO.get(currency, 1))


def our_amount(amount: int, currency: str) -> int:
    return amount * DIVIDED.get(currency, 1) // TIMES.get(currency, 1)
