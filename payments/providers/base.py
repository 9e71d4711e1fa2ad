"""What a way to pay can do. All of it talks to the outside: never inside a transaction."""

import uuid
from typing import Protocol

from payments.intents import Intent, RefundAnswer
from payments.models import Payment, Payout, Refund


class Provider(Protocol):
    """Each method says what the provider has now; each may be repeated without a second effect."""

    def step(self, currency: str) -> int:
        """What amounts must be multiples of, in minor units; what was captured is one. Asks nobody."""

    def fetch(self, payment: Payment) -> Intent:
        """The provider's side of a payment; made now if it is not there yet. Raises PaymentRefused, PaymentUnknown."""

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        """Tries to take the money; a decline is told by the intent, not raised. Raises PaymentUnknown."""

    def adopt(self, payment: Payment, customer: str) -> None:
        """Lets the provider's customer, and what they have saved, pay."""

    def cancel(self, payment: Payment) -> Intent:
        """Calls the payment off if that is still possible. Raises PaymentRefused, PaymentUnknown."""

    def refund(self, refund: Refund) -> RefundAnswer:
        """Gives back what `refund` says. What is refused but may be granted later is pending, with the reason."""


def renew_token(row: Payment | Refund | Payout) -> None:
    """A fresh idempotency key, unless another call got an answer in the meantime."""
    unanswered = type(row)._default_manager.filter(pk=row.pk, token=row.token, provider_reference="")
    unanswered.update(token=uuid.uuid4())
