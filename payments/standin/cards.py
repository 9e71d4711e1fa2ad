"""The test payment methods that Stripe documents, and how each of them behaves.

https://docs.stripe.com/testing
"""

from dataclasses import dataclass
from typing import Literal

from .store import Object

Authentication = Literal["never", "always", "until_set_up", "on_session"]


@dataclass(frozen=True, slots=True)
class Decline:
    code: str
    decline_code: str | None
    message: str

    @classmethod
    def of(cls, reason: str) -> "Decline":
        """A card declined with one of Stripe's decline codes."""
        return cls("card_declined", reason, "Your card was declined.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A test method: what identifies it, and how its payments turn out."""

    kind: str = "card"
    number: str = ""
    """The card number, the account number of a US bank account, the IBAN of a SEPA debit."""
    brand: str = "visa"
    funding: str = "credit"
    decline: Decline | None = None
    """Also of asynchronous methods, which fail with it later."""
    attaches: bool = True
    """False: attaching it to a customer is declined as well."""
    authentication: Authentication = "never"
    dispute: str | None = None
    inquiry: bool = False
    refund: Literal["succeeds", "pending", "fails"] = "succeeds"
    available_at_once: bool = False
    settles: bool = True
    """False: an asynchronous payment stays `processing`."""

    @property
    def asynchronous(self) -> bool:
        return self.kind != "card"

    def needs_authentication(self, *, off_session: bool, set_up: bool) -> bool:
        match self.authentication:
            case "always":
                return True
            case "until_set_up":
                return not (off_session and set_up)
            case "on_session":
                return not off_session
        return False


def _card(number: str, brand: str = "visa", **behaviour: object) -> Behaviour:
    return Behaviour(number=number, brand=brand, **behaviour)  # type: ignore[arg-type]


def _declined(number: str, decline: Decline) -> Behaviour:
    return _card(number, decline=decline, attaches=False)


def _bank(number: str, failure: str | None = None, **behaviour: object) -> Behaviour:
    decline = Decline(failure, None, f"The bank refused the debit: {failure}.") if failure else None
    return Behaviour(kind="us_bank_account", number=number, decline=decline, **behaviour)  # type: ignore[arg-type]


def _sepa(iban: str, failure: str | None = None, **behaviour: object) -> Behaviour:
    decline = Decline(failure, None, f"The bank refused the debit: {failure}.") if failure else None
    return Behaviour(kind="sepa_debit", number=iban, decline=decline, **behaviour)  # type: ignore[arg-type]


GENERIC = Decline.of("generic_decline")
INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)

METHODS: dict[str, Behaviour] = {
    "pm_card_visa": _card("4242424242424242"),
    "pm_card_visa_debit": _card("4000056655665556", funding="debit"),
    "pm_card_mastercard": _card("5555555555554444", "mastercard"),
    "pm_card_mastercard_debit": _card("5200828282828210", "mastercard", funding="debit"),
    "pm_card_mastercard_prepaid": _card("5105105105105100", "mastercard", funding="prepaid"),
    "pm_card_amex": _card("378282246310005", "amex"),
    "pm_card_discover": _card("6011111111111117", "discover"),
    "pm_card_diners": _card("3056930009020004", "diners"),
    "pm_card_jcb": _card("3566002020360505", "jcb"),
    "pm_card_unionpay": _card("6200000000000005", "unionpay"),
    "pm_card_bypassPending": _card("4000000000000077", available_at_once=True),
    "pm_card_chargeDeclined": _declined("4000000000000002", GENERIC),
    "pm_card_chargeDeclinedInsufficientFunds": _declined("4000000000009995", INSUFFICIENT),
    "pm_card_chargeDeclinedLostCard": _declined("4000000000009987", Decline.of("lost_card")),
    "pm_card_chargeDeclinedStolenCard": _declined("4000000000009979", Decline.of("stolen_card")),
    "pm_card_chargeDeclinedExpiredCard": _declined("4000000000000069", EXPIRED),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("4000000000000127", CVC),
    "pm_card_chargeDeclinedProcessingError": _declined("4000000000000119", PROCESSING),
    "pm_card_chargeDeclinedVelocityLimitExceeded": _declined(
        "4000000000006975", Decline.of("card_velocity_exceeded")
    ),
    "pm_card_radarBlock": _declined("4100000000000019", Decline.of("fraudulent")),
    "pm_card_chargeCustomerFail": _card("4000000000000341", decline=GENERIC),
    "pm_card_threeDSecure2Required": _card("4000000000003220", authentication="always"),
    "pm_card_threeDSecureRequired": _card("4000000000003063", authentication="always"),
    "pm_card_authenticationRequired": _card("4000002760003184", authentication="always"),
    "pm_card_authenticationRequiredOnSetup": _card("4000002500003155", authentication="until_set_up"),
    "pm_card_authenticationRequiredSetupForOffSession": _card(
        "4000003800000446", authentication="on_session"
    ),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": _card(
        "4000008260003178", authentication="always", decline=INSUFFICIENT
    ),
    "pm_card_threeDSecureRequiredChargeDeclined": _card(
        "4000008400001629", authentication="always", decline=GENERIC
    ),
    "pm_card_threeDSecureOptional": _card("4000000000003055"),
    "pm_card_createDispute": _card("4000000000000259", dispute="fraudulent"),
    "pm_card_createDisputeProductNotReceived": _card("4000000000002685", dispute="product_not_received"),
    "pm_card_createDisputeInquiry": _card("4000000000001976", dispute="fraudulent", inquiry=True),
    "pm_card_pendingRefund": _card("4000000000007726", refund="pending"),
    "pm_card_refundFail": _card("4000000000005126", refund="fails"),
    "pm_usBankAccount_success": _bank("000123456789"),
    "pm_usBankAccount_accountClosed": _bank("000111111113", "account_closed"),
    "pm_usBankAccount_noAccount": _bank("000111111116", "no_account"),
    "pm_usBankAccount_insufficientFunds": _bank("000222222227", "insufficient_funds"),
    "pm_usBankAccount_debitNotAuthorized": _bank("000333333335", "debit_not_authorized"),
    "pm_usBankAccount_dispute": _bank("000555555559", dispute="insufficient_funds"),
    "pm_usBankAccount_processing": _bank("000000000009", settles=False),
    "pm_success_de": _sepa("DE89370400440532013000"),
    "pm_successDelayed_de": _sepa("DE08370400440532013003"),
    "pm_failed_de": _sepa("DE62370400440532013001", "payment_intent_payment_attempt_failed"),
    "pm_failedDelayed_de": _sepa("DE78370400440532013004", "payment_intent_payment_attempt_failed"),
    "pm_insufficientFunds_de": _sepa("DE65370400440000013000", "insufficient_funds"),
    "pm_disputed_de": _sepa("DE35370400440532013002", dispute="debit_not_authorized"),
}

# Stripe has two names for declining cards, with the brand and without.
METHODS |= {
    name.replace("pm_card_", "pm_card_visa_", 1): behaviour
    for name, behaviour in METHODS.items()
    if behaviour.decline is not None and name.startswith("pm_card_chargeDeclined")
}
BY_NUMBER = {behaviour.number: name for name, behaviour in METHODS.items()}


def behaviour_of(method: Object) -> Behaviour:
    return METHODS[method["_test_method"]]


def name_of_token(token: str) -> str | None:
    """`tok_visa` is the card of `pm_card_visa`."""
    name = token.replace("tok_", "pm_card_", 1)
    return name if token.startswith("tok_") and name in METHODS else None
