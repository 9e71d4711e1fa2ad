"""Payment intents: the calls of the API."""

from .. import objects
from ..amounts import check_chargeable, check_positive, checked_currency
from ..call import Call
from ..errors import invalid
from ..params import (
    Converter,
    fields,
    flag,
    integer,
    list_of,
    mapping,
    metadata,
    one_of,
    text,
)
from ..routing import Route, listing
from ..store import Object
from . import charges, payment_attempts
from .customers import SHIPPING
from .intents import accepted_methods, amend, begin, check_complete, check_confirmable, check_state
from .method_details import DATA as METHOD_DATA

PLAIN = ("description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor",
         "statement_descriptor_suffix", "transfer_group")  # fmt: skip
CHOICES = ("capture_method", "payment_method_options")
AMENDABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
FROZEN_LATER = (
    "amount",
    "currency",
    "customer",
    "payment_method",
    "payment_method_data",
    "setup_future_usage",
)

METHOD: dict[str, Converter] = {
    "payment_method": text,
    "payment_method_data": fields(**METHOD_DATA),
    "payment_method_options": mapping,
    "setup_future_usage": one_of("off_session", "on_session"),
}
ATTEMPT: dict[str, Converter] = {
    "error_on_requires_action": flag,
    "mandate_data": mapping,
    "off_session": one_of("true", "false", "one_off", "recurring"),
    "return_url": text,
    "use_stripe_sdk": flag,
}
DETAILS: dict[str, Converter] = {
    "amount": integer,
    "currency": text,
    "customer": text,
    "description": text,
    "metadata": metadata,
    "receipt_email": text,
    "shipping": SHIPPING,
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "transfer_group": text,
}
CAPTURE_METHOD = one_of("automatic", "automatic_async", "manual")
CREATE: dict[str, Converter] = {
    **DETAILS,
    **METHOD,
    **ATTEMPT,
    "allowed_payment_method_types": list_of(text),
    "payment_method_types": list_of(text),
    "automatic_payment_methods": fields(enabled=flag, allow_redirects=one_of("always", "never")),
    "capture_method": CAPTURE_METHOD,
    "confirm": flag,
    "confirmation_method": one_of("automatic", "manual"),
}
CONFIRM: dict[str, Converter] = {
    **METHOD,
    **ATTEMPT,
    "capture_method": CAPTURE_METHOD,
    "receipt_email": text,
    "shipping": SHIPPING,
}
REASON = one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def create(call: Call) -> Object:
    _check_attempt(call)
    currency = checked_currency(call.params["currency"])
    check_chargeable(call.params["amount"], currency)
    intent = begin(call, "payment_intent", **_blank(), **accepted_methods(call, currency))
    intent |= {"amount": call.params["amount"], "currency": currency}
    amend(call, intent, plain=PLAIN, choices=(*CHOICES, "confirmation_method"))
    if call.params.get("confirm"):
        check_complete(call, intent)
    objects.create(call, intent, "payment_intent.created")
    return payment_attempts.attempt(call, intent) if call.params.get("confirm") else intent


def retrieve(call: Call) -> Object:
    return objects.get(call, "payment_intent", call.id)


def update(call: Call) -> Object:
    intent = objects.get(call, "payment_intent", call.id)
    if call.given(*FROZEN_LATER):
        check_state(intent, "updated", AMENDABLE)
    currency = checked_currency(call.params.get("currency") or intent["currency"])
    amount = call.value("amount", intent["amount"])
    check_chargeable(amount, currency)
    intent |= {"amount": amount, "currency": currency}
    amend(call, intent, plain=PLAIN, choices=CHOICES)
    return objects.save(call, intent)


def confirm(call: Call) -> Object:
    intent = objects.get(call, "payment_intent", call.id)
    check_confirmable(intent)
    amend(call, intent, plain=PLAIN, choices=CHOICES)
    check_complete(call, intent)
    return payment_attempts.attempt(call, intent)


def capture(call: Call) -> Object:
    intent = objects.get(call, "payment_intent", call.id)
    check_state(intent, "captured", ("requires_capture",))
    amount = call.value("amount_to_capture", intent["amount_capturable"])
    check_positive(amount, param="amount_to_capture")
    if amount > intent["amount_capturable"]:
        message = (
            "The requested capture amount is greater than the amount that you can capture for this charge."
        )
        raise invalid(message, code="amount_too_large", param="amount_to_capture")
    charges.capture(call, objects.get(call, "charge", intent["latest_charge"]), amount)
    intent |= call.given("statement_descriptor", "statement_descriptor_suffix")
    intent |= {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    intent["metadata"] = call.metadata(intent["metadata"])
    return objects.save(call, intent, "payment_intent.succeeded")


def cancel(call: Call) -> Object:
    intent = objects.get(call, "payment_intent", call.id)
    check_state(intent, "canceled", CANCELABLE)
    if intent["status"] == "requires_capture":
        charges.release(call, objects.get(call, "charge", intent["latest_charge"]))
    intent |= {
        "amount_capturable": 0,
        "canceled_at": call.now,
        "cancellation_reason": call.params.get("cancellation_reason"),
        "next_action": None,
        "status": "canceled",
    }
    return objects.save(call, intent, "payment_intent.canceled")


def _check_attempt(call: Call) -> None:
    """An attempt's parameters have no meaning without an attempt."""
    for name in ("error_on_requires_action", "mandate_data", "off_session", "return_url"):
        if name in call.params and not call.params.get("confirm"):
            raise invalid(f"The parameter `{name}` can only be used with `confirm=true`.", param=name)


def _blank() -> Object:
    empty = ("application_fee_amount", "canceled_at", "cancellation_reason", "customer", "customer_account",
             "excluded_payment_method_types", "last_payment_error", "latest_charge", "managed_payments",
             "payment_method", "payment_method_configuration_details", "processing", "review", "source",
             "transfer_data", *PLAIN)  # fmt: skip
    return {
        **dict.fromkeys(empty),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "metadata": {},
        "payment_method_options": {},
    }


ROUTES = [
    Route("POST", "/v1/payment_intents", create, CREATE, ("amount", "currency")),
    Route("GET", "/v1/payment_intents/{}", retrieve, {"client_secret": text}),
    Route("POST", "/v1/payment_intents/{}", update, {**DETAILS, **METHOD, "capture_method": CAPTURE_METHOD}),
    Route("POST", "/v1/payment_intents/{}/confirm", confirm, CONFIRM),
    Route(
        "POST",
        "/v1/payment_intents/{}/capture",
        capture,
        {
            "amount_to_capture": integer,
            "metadata": metadata,
            "statement_descriptor": text,
            "statement_descriptor_suffix": text,
        },
    ),
    Route("POST", "/v1/payment_intents/{}/cancel", cancel, {"cancellation_reason": REASON}),
    listing("/v1/payment_intents", "payment_intent", customer=text),
]
