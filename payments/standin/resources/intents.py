"""What payment intents and set-up intents share: rules about states, methods, and authentication."""

from typing import Any

from .. import objects
from ..call import Call
from ..cards import Decline
from ..errors import CardError, StripeError, invalid
from ..events import public
from ..ids import client_secret
from ..store import Object
from . import payment_methods

NAMES = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
BANK_DEBITS = {"usd": "us_bank_account", "eur": "sepa_debit"}

AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def check_state(intent: Object, done: str, allowed: tuple[str, ...]) -> None:
    """`done` is the participle in Stripe's message, as in `could not be captured`."""
    if intent["status"] in allowed:
        return
    name = NAMES[intent["object"]]
    message = (
        f"This {name} could not be {done} because it has a status of {intent['status']}. "
        f"Only a {name} with one of the following statuses may be {done}: {', '.join(allowed)}."
    )
    raise unexpected_state(intent, message)


def unexpected_state(intent: Object, message: str) -> StripeError:
    kind = intent["object"]
    error = invalid(message, code=f"{kind}_unexpected_state")
    error.error[kind] = public(intent)
    return error


def begin(call: Call, kind: str, **fields: Any) -> Object:
    """A new intent with which nothing has been paid or set up yet."""
    intent = objects.new(
        call, kind, livemode=False, application=None, next_action=None, on_behalf_of=None, **fields
    )
    return intent | {"client_secret": client_secret(intent["id"]), "status": "requires_payment_method"}


def accepted_methods(call: Call, currency: str | None = None) -> Object:
    """`automatic_payment_methods` and the types; automatic unless types are named, as Stripe's default is."""
    types = call.params.get("allowed_payment_method_types") or call.params.get("payment_method_types")
    automatic = call.params.get("automatic_payment_methods") or {"enabled": not types}
    if not automatic.get("enabled"):
        return {"automatic_payment_methods": None, "payment_method_types": types or ["card"]}
    debits = [BANK_DEBITS[currency]] if currency in BANK_DEBITS else []
    return {
        "automatic_payment_methods": {
            "allow_redirects": automatic.get("allow_redirects") or "always",
            "enabled": True,
        },
        "payment_method_types": types or ["card", *debits],
    }


def amend(call: Call, intent: Object, *, plain: tuple[str, ...], choices: tuple[str, ...] = ()) -> None:
    """Applies the call's changes to the intent; plain fields can be unset, choices cannot."""
    intent |= call.given(*plain) | {name: call.value(name, intent[name]) for name in choices}
    intent["metadata"] = call.metadata(intent["metadata"])
    if call.params.get("customer"):
        intent["customer"] = objects.get(call, "customer", call.params["customer"], param="customer")["id"]
    _choose_method(call, intent)


def _choose_method(call: Call, intent: Object) -> None:
    """Sets the method that the call names, if any; an intent that had none can then be confirmed."""
    if data := call.params.get("payment_method_data"):
        method = payment_methods.from_data(call, data)
    elif reference := call.params.get("payment_method"):
        method = payment_methods.usable(call, reference, intent["customer"])
    else:
        return
    if method["type"] not in intent["payment_method_types"]:
        raise invalid(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this {NAMES[intent['object']]}. "
            f"Please attach a payment method of one of the following types: {', '.join(intent['payment_method_types'])}.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )
    intent["payment_method"] = method["id"]
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"


def check_confirmable(intent: Object) -> None:
    name = NAMES[intent["object"]]
    if intent["status"] == "succeeded":
        message = f"You cannot confirm this {name} because it has already succeeded after being previously confirmed."
        raise unexpected_state(intent, message)
    check_state(intent, "confirmed", CONFIRMABLE)


def check_complete(call: Call, intent: Object) -> None:
    """Before an attempt: there must be a method, and a return URL if redirects are allowed."""
    name = NAMES[intent["object"]]
    if intent["payment_method"] is None:
        message = (
            f"You cannot confirm this {name} because it's missing a payment method. You can either update the {name} "
            "with a payment method and then confirm it again, or confirm it again directly with a payment method."
        )
        raise unexpected_state(intent, message)
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and not call.params.get("return_url"):
        raise invalid(
            f"This {name} is configured to accept payment methods enabled in your Dashboard. Because some of these "
            "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you "
            "don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` "
            "and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
        )


def ask_for_authentication(call: Call, intent: Object, return_url: str | None) -> None:
    """Sends the customer to the stand-in's page: by redirect if there is a return URL, else for Stripe.js."""
    page = f"{call.base_url}/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
    if return_url and not call.params.get("use_stripe_sdk"):
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}
    else:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": page, "source": f"src_{intent['id']}"}
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    intent |= {"status": "requires_action", "next_action": action, "_return_url": return_url}


def refusal(decline: Decline, method: Object, *, charge: str | None = None) -> Object:
    """The error that the intent stores and the call returns."""
    error = StripeError(
        402, "card_error", decline.message, code=decline.code, decline_code=decline.decline_code
    )
    return error.error | ({"charge": charge} if charge else {}) | {"payment_method": public(method)}


def card_error(error: Object, intent: Object) -> CardError:
    return CardError(error | {intent["object"]: public(intent)})


def authentication_failure(kind: str) -> Decline:
    message = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    return Decline(f"{kind}_authentication_failure", None, message)
