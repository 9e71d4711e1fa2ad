"""Checkout sessions: a hosted page that pays for the lines of one purchase."""

from dataclasses import replace

from .. import objects
from ..amounts import check_chargeable, checked_currency
from ..call import Call
from ..errors import StripeError, invalid
from ..events import on
from ..expand import INCLUDABLE
from ..lists import list_of_page
from ..outcomes import outcome, schedule
from ..params import Converter, fields, integer, list_of, mapping, metadata, one_of, text
from ..routing import PAGING, Route, listing
from ..store import Object
from . import payment_intents
from .customers import SHIPPING

EXPIRES_SECONDS = 24 * 3600
EXPIRES_EARLIEST_SECONDS = 30 * 60

PRODUCT = fields(description=text, images=list_of(text), metadata=metadata, name=text, tax_code=text)
PRICE = fields(currency=text, product_data=PRODUCT, tax_behavior=text, unit_amount=integer)
KEPT = ("cancel_url", "client_reference_id", "customer_email", "locale", "submit_type", "success_url")
CREATE: dict[str, Converter] = {
    **dict.fromkeys(KEPT, text),
    "allowed_payment_method_types": list_of(text),
    "customer": text,
    "expires_at": integer,
    "line_items": list_of(fields(price_data=PRICE, quantity=integer)),
    "metadata": metadata,
    "mode": one_of("payment"),
    "payment_intent_data": fields(
        capture_method=payment_intents.CAPTURE_METHOD,
        description=text,
        metadata=metadata,
        receipt_email=text,
        setup_future_usage=one_of("off_session", "on_session"),
        shipping=SHIPPING,
        statement_descriptor_suffix=text,
        transfer_group=text,
    ),
    "payment_method_options": mapping,
    "payment_method_types": list_of(text),
    "ui_mode": one_of("hosted_page", "hosted"),
}


def create(call: Call) -> Object:
    lines = [_priced(line, position) for position, line in enumerate(call.params["line_items"])]
    currency, total = lines[0]["currency"], sum(line["amount_total"] for line in lines)
    if {line["currency"] for line in lines} != {currency}:
        raise invalid("All line items must be in one currency.", param="line_items")
    check_chargeable(total, currency)
    session = objects.new(call, "checkout.session", **_fields(call), currency=currency)
    session |= {"amount_subtotal": total, "amount_total": total}
    session["url"] = f"{call.base_url}/checkout/{session['id']}"
    for line in reversed(lines):  # lists are newest first
        objects.create(call, objects.new(call, "item", _session=session["id"], **line))
    schedule(call, session_expires, session, due=session["expires_at"])
    return objects.create(call, session)


def retrieve(call: Call) -> Object:
    return objects.get(call, "checkout.session", call.id)


def list_lines(call: Call) -> Object:
    session = objects.get(call, "checkout.session", call.id)
    kind, link, url = INCLUDABLE["checkout.session", "line_items"]
    return list_of_page(call, kind, url.format(session["id"]), where={link: session["id"]})


def expire(call: Call) -> Object:
    session = objects.get(call, "checkout.session", call.id)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}."
        )
    return _expired(call, session)


@outcome
def session_expires(call: Call, session: Object) -> None:
    if session["status"] == "open":
        _expired(call, session)


def pay(call: Call, session: Object, *, method: str, email: str) -> Object:
    """What the customer does on the page; all attempts share one intent. A decline is a CardError, as in the API."""
    if email and not session["customer"]:
        session["customer_details"] = _customer_details(email)
    if session["payment_intent"] is None:
        session["payment_intent"] = payment_intents.create(replace(call, params=_intent(session)))["id"]
    objects.save(call, session)
    back = f"{call.base_url}/checkout/{session['id']}"
    params = {"payment_method": method, "return_url": back}
    return payment_intents.confirm(replace(call, params=params, ids=(session["payment_intent"],)))


@on("payment_intent.succeeded")
def payment_arrived(call: Call, intent: Object) -> None:
    for session in _sessions_of(call, intent):
        if session["status"] == "open":
            _complete(call, session, payment_status="paid")
        elif session["payment_status"] == "unpaid":
            was_captured = intent["capture_method"] == "manual"
            events = () if was_captured else ("checkout.session.async_payment_succeeded",)
            objects.save(call, session | {"payment_status": "paid"}, *events)


@on("payment_intent.processing")
@on("payment_intent.amount_capturable_updated")
def payment_promised(call: Call, intent: Object) -> None:
    for session in _sessions_of(call, intent):
        _complete(call, session, payment_status="unpaid")


@on("payment_intent.payment_failed")
def payment_failed(call: Call, intent: Object) -> None:
    """While the session is open the customer can try again."""
    for session in _sessions_of(call, intent):
        if session["status"] == "complete":
            objects.save(call, session, "checkout.session.async_payment_failed")


def way_back(session: Object) -> str:
    return (session["success_url"] or session["url"] or "").replace("{CHECKOUT_SESSION_ID}", session["id"])


def _sessions_of(call: Call, intent: Object) -> list[Object]:
    return call.store.every("checkout.session", call.account, payment_intent=intent["id"])


def _complete(call: Call, session: Object, *, payment_status: str) -> None:
    session |= {"status": "complete", "payment_status": payment_status, "url": None}
    objects.save(call, session, "checkout.session.completed")


def _expired(call: Call, session: Object) -> Object:
    """Its intent can then no longer be paid either."""
    if session["payment_intent"]:
        paying = replace(call, ids=(session["payment_intent"],), params={})
        if payment_intents.retrieve(paying)["status"] in payment_intents.CANCELABLE:
            payment_intents.cancel(paying)
    return objects.save(call, session | {"status": "expired", "url": None}, "checkout.session.expired")


def _priced(line: Object, position: int) -> Object:
    price = line.get("price_data") or {}
    product = price.get("product_data") or {}
    for name, value in (
        ("unit_amount", price.get("unit_amount")),
        ("product_data][name", product.get("name")),
    ):
        if value is None:
            raise _missing(f"line_items[{position}][price_data][{name}]")
    currency = checked_currency(price.get("currency") or "")
    quantity = line.get("quantity") or 1
    total = price["unit_amount"] * quantity
    shown = {"object": "price", "currency": currency, "type": "one_time", "unit_amount": price["unit_amount"]}
    return {
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": product["name"],
        "price": shown,
        "quantity": quantity,
    }


def _missing(param: str) -> StripeError:
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def _intent(session: Object) -> Object:
    params = {"amount": session["amount_total"], "currency": session["currency"]}
    types = {"payment_method_types": session["payment_method_types"]}
    return {**params, **types, "customer": session["customer"], **session["_payment_intent_data"]}


def _fields(call: Call) -> Object:
    params = call.params
    customer = params.get("customer") and objects.get(call, "customer", params["customer"], param="customer")
    email = customer["email"] if customer else params.get("customer_email")
    types = params.get("allowed_payment_method_types") or params.get("payment_method_types")
    return {
        **_blank(),
        **call.given(*KEPT),
        "customer": customer["id"] if customer else None,
        "customer_details": _customer_details(email) if email else None,
        "expires_at": _expiry(call),
        "metadata": call.metadata(),
        "payment_method_options": params.get("payment_method_options") or {},
        "payment_method_types": types or ["card"],
        "_payment_intent_data": params.get("payment_intent_data") or {},
    }


def _expiry(call: Call) -> int:
    asked = call.params.get("expires_at") or call.now + EXPIRES_SECONDS
    if not EXPIRES_EARLIEST_SECONDS <= asked - call.now <= EXPIRES_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation."
        raise invalid(message, param="expires_at")
    return asked


def _customer_details(email: str | None) -> Object:
    empty = ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    return {**dict.fromkeys(empty), "email": email, "tax_exempt": "none"}


def _blank() -> Object:
    empty = ("after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret",
             "collected_information", "consent", "consent_collection", "currency_conversion", "customer_account",
             "customer_creation", "discounts", "integration_identifier", "invoice", "invoice_creation",
             "managed_payments", "origin_context", "payment_intent", "payment_link", "payment_method_collection",
             "payment_method_configuration_details", "permissions", "recovered_from", "saved_payment_method_options",
             "setup_intent", "shipping_address_collection", "shipping_cost", "subscription", "wallet_options", *KEPT)  # fmt: skip
    return {
        **dict.fromkeys(empty),
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "livemode": False,
        "mode": "payment",
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }


ROUTES = [
    Route("POST", "/v1/checkout/sessions", create, CREATE, ("line_items", "mode", "success_url")),
    Route("GET", "/v1/checkout/sessions/{}", retrieve),
    Route("GET", "/v1/checkout/sessions/{}/line_items", list_lines, PAGING),
    Route("POST", "/v1/checkout/sessions/{}/expire", expire),
    listing("/v1/checkout/sessions", "checkout.session", customer=text, payment_intent=text, status=text),
]
