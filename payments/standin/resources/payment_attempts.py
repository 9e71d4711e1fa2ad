"""An attempt to pay an intent: authentication, then a decline, a wait for the bank, a hold, or success."""

from .. import objects
from ..call import Call
from ..cards import Decline, behaviour_of
from ..errors import CardError
from ..outcomes import outcome, schedule
from ..store import Object
from . import charges, payment_methods
from .intents import (
    AUTHENTICATION_REQUIRED,
    ask_for_authentication,
    authentication_failure,
    card_error,
    refusal,
)


def attempt(call: Call, intent: Object) -> Object:
    """With `off_session` nobody is there to authenticate, so a method that requires it is declined.

    The previous attempt's error is removed.
    """
    intent["last_payment_error"] = None
    method = objects.get(call, "payment_method", intent["payment_method"])
    off_session = call.params.get("off_session") not in (None, "false")
    if not behaviour_of(method).needs_authentication(off_session=off_session, set_up=method["_set_up"]):
        return pay(call, intent, method)
    if off_session or call.params.get("error_on_requires_action"):
        raise _declined(call, intent, method, AUTHENTICATION_REQUIRED)
    ask_for_authentication(call, intent, call.params.get("return_url"))
    return objects.save(call, intent, "payment_intent.requires_action")


def pay(call: Call, intent: Object, method: Object) -> Object:
    behaviour = behaviour_of(method)
    intent["next_action"] = None
    if behaviour.asynchronous:
        return _wait_for_bank(call, intent, method)
    if behaviour.decline:
        raise _declined(call, intent, method, behaviour.decline)
    if intent["capture_method"] == "manual":
        return _hold(call, intent, method)
    return succeed(call, intent, charges.take(call, intent, method))


def finish_authentication(call: Call, intent: Object, *, authenticated: bool) -> Object:
    """What the customer did on the authentication page; a decline is not raised, the intent shows it."""
    method = objects.get(call, "payment_method", intent["payment_method"])
    try:
        if authenticated:
            return pay(call, intent, method)
        return _fail(call, intent, refusal(authentication_failure("payment_intent"), method))
    except CardError:
        return intent


def succeed(call: Call, intent: Object, charge: Object) -> Object:
    intent |= {
        "status": "succeeded",
        "amount_capturable": 0,
        "amount_received": charge["amount_captured"],
        "latest_charge": charge["id"],
    }
    _keep_or_spend(call, intent)
    return objects.save(call, intent, "payment_intent.succeeded")


@outcome
def bank_answers(call: Call, intent: Object) -> None:
    """An asynchronous payment has cleared or bounced."""
    charge = objects.get(call, "charge", intent["latest_charge"])
    method = objects.get(call, "payment_method", intent["payment_method"])
    intent["processing"] = None
    decline = behaviour_of(method).decline
    if decline is None:
        succeed(call, intent, charges.settle(call, charge))
        return
    charges.fail(call, charge, decline)
    _fail(call, intent, refusal(decline, method, charge=charge["id"]) | {"type": "invalid_request_error"})


def _wait_for_bank(call: Call, intent: Object, method: Object) -> Object:
    charge = charges.begin(call, intent, method)
    kind = method["type"]
    intent |= {"status": "processing", "processing": {"type": kind}, "latest_charge": charge["id"]}
    objects.save(call, intent, "payment_intent.processing")
    if behaviour_of(method).settles:
        schedule(call, bank_answers, intent)
    return intent


def _hold(call: Call, intent: Object, method: Object) -> Object:
    charge = charges.authorize(call, intent, method)
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "latest_charge": charge["id"],
    }
    _keep_or_spend(call, intent)
    return objects.save(call, intent, "payment_intent.amount_capturable_updated")


def _declined(call: Call, intent: Object, method: Object, decline: Decline) -> CardError:
    charge = charges.refuse(call, intent, method, decline)
    error = refusal(decline, method, charge=charge["id"])
    _fail(call, intent | {"latest_charge": charge["id"]}, error)
    return card_error(error, objects.get(call, "payment_intent", intent["id"]))


def _fail(call: Call, intent: Object, error: Object) -> Object:
    """Back to the start: the next attempt needs a new method."""
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
    }
    return objects.save(call, intent, "payment_intent.payment_failed")


def _keep_or_spend(call: Call, intent: Object) -> None:
    """With `setup_future_usage` the method is saved to the customer; otherwise it is used up unless saved already."""
    method = objects.get(call, "payment_method", intent["payment_method"])
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        payment_methods.attach_to(call, method, intent["customer"], set_up=True)
    else:
        payment_methods.spend(call, method)
