"""The ways to pay behind one small interface (`base.Provider`)."""

from payments.models import Payment
from payments.providers.base import Provider, renew_token
from payments.providers.checkout import Checkout
from payments.providers.intents import Stripe
from payments.providers.manual import Manual
from payments.providers.refusals import field_error, refused_refund

CHECKOUT = Checkout()
PROVIDERS: dict[str, Provider] = {Payment.Provider.STRIPE: Stripe(), Payment.Provider.MANUAL: Manual()}

__all__ = [
    "CHECKOUT",
    "PROVIDERS",
    "Provider",
    "field_error",
    "provider_of",
    "refused_refund",
    "renew_token",
    "sendable",
    "step_of",
]


def provider_of(payment: Payment) -> Provider:
    return CHECKOUT if payment.is_checkout else PROVIDERS[payment.provider]


def step_of(payment: Payment) -> int:
    return provider_of(payment).step(payment.currency)


def sendable(payment: Payment, amount: int) -> int:
    """The largest part of `amount` that the payment's provider can send."""
    return amount - amount % step_of(payment)
