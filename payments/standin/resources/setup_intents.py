"""Set-up intents: saving a customer's payment method for later."""

from .. import objects
from ..call import Call
from ..cards import Decline, behaviour_of
from ..errors import CardError
from ..params import Converter, fields, flag, list_of, mapping, metadata, one_of, text
from ..routing import Route, listing
from ..store import Object
from . import payment_methods
from .intents import (
    CONFIRMABLE,
    accepted_methods,
    amend,
    ask_for_authentication,
    authentication_failure,
    begin,
    card_error,
    check_complete,
    check_confirmable,
    check_state,
    refusal,
)
from .method_details import DATA as METHOD_DATA

METHOD: dict[str, Converter] = {
    "payment_method": text,
    "payment_method_data": fields(**METHOD_DATA),
    "payment_method_options": mapping,
}
ATTEMPT: dict[str, Converter] = {"mandate_data": mapping, "return_url": text, "use_stripe_sdk": flag}
DETAILS: dict[str, Converter] = {"customer": text, "description": text, "metadata": metadata}
CREATE: dict[str, Converter] = {
    **METHOD,
    **ATTEMPT,
    **DETAILS,
    "allowed_payment_method_types": list_of(text),
    "payment_method_types": list_of(text),
    "automatic_payment_methods": fields(enabled=flag, allow_redirects=one_of("always", "never")),
    "confirm": flag,
    "usage": one_of("off_session", "on_session"),
}


def create(call: Call) -> Object:
    intent = begin(call, "setup_intent", **_blank(), **accepted_methods(call))
    intent["usage"] = call.params.get("usage") or "off_session"
    amend(call, intent, plain=("description",), choices=("payment_method_options",))
    if call.params.get("confirm"):
        check_complete(call, intent)
    objects.create(call, intent, "setup_intent.created")
    return _attempt(call, intent) if call.params.get("confirm") else intent


def retrieve(call: Call) -> Object:
    return objects.get(call, "setup_intent", call.id)


def update(call: Call) -> Object:
    intent = objects.get(call, "setup_intent", call.id)
    amend(call, intent, plain=("description",), choices=("payment_method_options",))
    return objects.save(call, intent)


def confirm(call: Call) -> Object:
    intent = objects.get(call, "setup_intent", call.id)
    check_confirmable(intent)
    amend(call, intent, plain=(), choices=("payment_method_options",))
    check_complete(call, intent)
    return _attempt(call, intent)


def cancel(call: Call) -> Object:
    intent = objects.get(call, "setup_intent", call.id)
    check_state(intent, "canceled", CONFIRMABLE)
    intent |= call.given("cancellation_reason") | {"status": "canceled", "next_action": None}
    return objects.save(call, intent, "setup_intent.canceled")


def finish_authentication(call: Call, intent: Object, *, authenticated: bool) -> Object:
    method = objects.get(call, "payment_method", intent["payment_method"])
    try:
        if not authenticated:
            raise _refused(call, intent, method, authentication_failure("setup_intent"))
        return _set_up(call, intent, method)
    except CardError:
        return objects.get(call, "setup_intent", intent["id"])


def _attempt(call: Call, intent: Object) -> Object:
    """The customer is present: every card that supports authentication requires it when it is saved."""
    method = objects.get(call, "payment_method", intent["payment_method"])
    if behaviour_of(method).authentication == "never":
        return _set_up(call, intent, method)
    ask_for_authentication(call, intent, call.params.get("return_url"))
    return objects.save(call, intent, "setup_intent.requires_action")


def _set_up(call: Call, intent: Object, method: Object) -> Object:
    behaviour = behaviour_of(method)
    if behaviour.decline and not behaviour.attaches:
        raise _refused(call, intent, method, behaviour.decline)
    intent |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    objects.save(call, intent, "setup_intent.succeeded")
    if intent["customer"] and method["customer"] is None:
        payment_methods.attach_to(call, method, intent["customer"], set_up=True)
    else:
        objects.save(call, method | {"_set_up": True})
    return intent


def _refused(call: Call, intent: Object, method: Object, decline: Decline) -> CardError:
    error = refusal(decline, method)
    intent |= {
        "status": "requires_payment_method",
        "last_setup_error": error,
        "next_action": None,
        "payment_method": None,
    }
    return card_error(error, objects.save(call, intent, "setup_intent.setup_failed"))


def _blank() -> Object:
    empty = ("cancellation_reason", "customer", "description", "excluded_payment_method_types", "flow_directions",
             "last_setup_error", "latest_attempt", "mandate", "payment_method",
             "payment_method_configuration_details", "single_use_mandate")  # fmt: skip
    return {**dict.fromkeys(empty), "metadata": {}, "payment_method_options": {}}


REASON = one_of("abandoned", "requested_by_customer", "duplicate")

ROUTES = [
    Route("POST", "/v1/setup_intents", create, CREATE),
    Route("GET", "/v1/setup_intents/{}", retrieve, {"client_secret": text}),
    Route("POST", "/v1/setup_intents/{}", update, {**DETAILS, **METHOD}),
    Route("POST", "/v1/setup_intents/{}/confirm", confirm, {**METHOD, **ATTEMPT}),
    Route("POST", "/v1/setup_intents/{}/cancel", cancel, {"cancellation_reason": REASON}),
    listing("/v1/setup_intents", "setup_intent", customer=text, payment_method=text),
]
