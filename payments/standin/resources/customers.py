"""Customers."""

from .. import objects
from ..call import Call
from ..errors import missing_resource
from ..ids import new_id
from ..params import fields, integer, list_of, metadata, one_of, text
from ..routing import Route, listing
from ..store import Object
from . import payment_methods

ADDRESS = fields(city=text, country=text, line1=text, line2=text, postal_code=text, state=text)
SHIPPING = fields(address=ADDRESS, name=text, phone=text)
PLAIN = (
    "address",
    "balance",
    "description",
    "email",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)

ACCEPTED = {
    "address": ADDRESS,
    "balance": integer,
    "description": text,
    "email": text,
    "invoice_settings": fields(default_payment_method=text),
    "metadata": metadata,
    "name": text,
    "phone": text,
    "preferred_locales": list_of(text),
    "shipping": SHIPPING,
    "tax_exempt": one_of("none", "exempt", "reverse"),
}


def create(call: Call) -> Object:
    customer = objects.new(call, "customer", **_blank()) | call.given(*PLAIN) | {"metadata": call.metadata()}
    objects.create(call, customer, "customer.created")
    if method := call.params.get("payment_method"):
        payment_methods.attach_to(call, payment_methods.resolve(call, method), customer["id"])
    return _with_default_method(call, customer)


def retrieve(call: Call) -> Object:
    """A deleted customer is still there, as `{id, object, deleted: true}`."""
    customer = call.store.find(call.id, "customer", call.account)
    if customer is None:
        raise missing_resource("customer", call.id, "id")
    return customer


def update(call: Call) -> Object:
    customer = objects.get(call, "customer", call.id)
    customer |= call.given(*PLAIN) | {"metadata": call.metadata(customer["metadata"])}
    objects.save(call, customer, "customer.updated")
    return _with_default_method(call, customer)


def delete(call: Call) -> Object:
    """Deleting detaches the saved payment methods."""
    customer = objects.get(call, "customer", call.id)
    for method in call.store.every("payment_method", call.account, customer=customer["id"]):
        payment_methods.detach_from_customer(call, method)
    return objects.remove(call, customer, "customer.deleted")


def _with_default_method(call: Call, customer: Object) -> Object:
    """The default method must be one of the customer's own."""
    settings = call.params.get("invoice_settings") or {}
    if "default_payment_method" not in settings:
        return customer
    method = settings["default_payment_method"]
    if method:
        payment_methods.owned(call, method, customer["id"], param="invoice_settings[default_payment_method]")
    customer["invoice_settings"]["default_payment_method"] = method
    return objects.save(call, customer)


def _blank() -> Object:
    return {
        "address": None,
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": new_id("customer")[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


ROUTES = [
    Route("POST", "/v1/customers", create, {**ACCEPTED, "payment_method": text}),
    Route("GET", "/v1/customers/{}", retrieve),
    Route("POST", "/v1/customers/{}", update, ACCEPTED),
    Route("DELETE", "/v1/customers/{}", delete),
    listing("/v1/customers", "customer", email=text),
]
