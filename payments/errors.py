from config.shared.errors import Busy, Conflict, Invalid, Unavailable


class StripeDown(Unavailable):
    """503: Stripe did not answer in time, is overloaded, or refuses our credentials."""

    def __init__(self, **members: object) -> None:
        super().__init__("Stripe", **members)


class StripeBroke(StripeDown):
    """Stripe answered with an internal failure, and repeats it under the same idempotency key: retry with another."""


class PaymentRefused(Conflict):
    """Stripe will never take this payment; `code` is Stripe's (`amount_too_small`…)."""

    code = "payment_refused"
    detail = "The provider refuses this payment."


class CurrencyNotSupported(PaymentRefused):
    code = "currency_not_supported"
    detail = "The provider cannot charge this amount in this currency."


class PaymentUnknown(Conflict):
    """Stripe has no intent under our reference (it was made with another account's key)."""

    code = "payment_unknown"
    detail = "The provider does not know this payment (any more): begin a new one."


class PaymentInProgress(Conflict):
    code = "payment_in_progress"
    detail = "Another payment of this order is being processed and can no longer be called off."


class IntentMismatch(Conflict):
    """The provider's data is not what was asked for: it has no effect."""

    code = "payment_mismatch"
    detail = "The provider's payment is not the one that was asked for."


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    detail = "More than what was paid and not yet refunded."


class NothingToRefund(Conflict):
    code = "nothing_to_refund"
    detail = "Nothing was paid that has not been refunded already."


class PaymentDisputed(Conflict):
    code = "payment_disputed"
    detail = "The customer's bank has taken this payment back for now: wait for the end of the dispute."


class PayoutBusy(Busy):
    code = "payout_in_progress"
    detail = "This payout is just being sent, or was a minute ago and Stripe has not said what became of it: try again."
    retry_after = 10


class BadSignature(Invalid):
    code = "invalid_signature"
    detail = "The signature does not fit the body, or is too old or from the future."


class BadEvent(Invalid):
    code = "invalid_event"
    detail = "The body is not a Stripe event of this account's mode."
