"""The interface of a way to pay. Its methods call external services: never inside a transaction."""

import uuid
from typing import Protocol

from payments.intents import Intent, RefundAnswer
from payments.models import Payment, Payout, Refund


class Provider(Protocol):
    """Each method returns the provider's present state; each may be repeated without a second effect."""

    def step(self, currency: str) -> int:
        """Amounts must be multiples of this, in minor units, as captured amounts are. Makes no call."""

    def fetch(self, payment: Payment) -> Intent:
        """The provider's side of a payment, created if missing. Raises PaymentRefused, PaymentUnknown."""

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        """Tries to take the money; a decline is in the intent, not raised. Raises PaymentUnknown."""

    def adopt(self, payment: Payment, customer: str) -> None:
        """Lets the provider's customer pay with what they have saved."""

    def cancel(self, payment: Payment) -> Intent:
        """Cancels the payment if that is still possible. Raises PaymentRefused, PaymentUnknown."""

    def refund(self, refund: Refund) -> RefundAnswer:
        """Carries out `refund`. A refusal that may be lifted later is pending, with the reason."""


def renew_token(row: Payment | Refund | Payout) -> None:
    """Renews the idempotency key, unless another call got an answer in the meantime."""
    unanswered = type(row)._default_manager.filter(pk=row.pk, token=row.token, provider_reference="")
    unanswered.update(token=uuid.uuid4())
