"""Payment methods: test methods, raw test cards and tokens; attaching them to customers."""

from .. import objects
from ..call import Call
from ..cards import METHODS, behaviour_of, name_of_token
from ..errors import CardError, invalid
from ..lists import list_of_page
from ..params import fields, integer, metadata, text
from ..routing import PAGING, Route, retrieving
from ..store import Object
from .method_details import BILLING, DATA, FINDERS, KIND, REDISPLAY, build


def resolve(call: Call, reference: str, *, param: str = "payment_method") -> Object:
    """The method with this id. The name of a test method or token creates a new one, as with Stripe."""
    name = reference if reference in METHODS else name_of_token(reference)
    if name is None:
        return objects.get(call, "payment_method", reference, param=param)
    return objects.create(call, build(call, name, {}))


def from_data(call: Call, data: Object) -> Object:
    """A new method from the parameters of `payment_methods.create` or `payment_method_data`."""
    kind = data.get("type") or "card"
    given = data.get(kind) or {}
    return objects.create(call, build(call, FINDERS[kind](given), data))


def owned(call: Call, reference: str, customer: str, *, param: str = "payment_method") -> Object:
    method = objects.get(call, "payment_method", reference, param=param)
    if method["customer"] != customer:
        message = (
            f"The customer does not have a payment method with the ID {reference}. "
            "The payment method must be attached to the customer."
        )
        raise invalid(message, code="resource_missing", param=param)
    return method


def usable(call: Call, reference: str, customer: str | None) -> Object:
    """A method that may pay for this customer: attached to them, or to nobody and never used."""
    method = resolve(call, reference)
    if method["customer"] and method["customer"] != customer:
        raise invalid(
            f"The provided PaymentMethod ({method['id']}) belongs to a Customer. "
            "To use it, you must provide that customer in the `customer` parameter.",
            param="payment_method",
        )
    if method.get("_spent"):
        raise invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, "
            "shared with a connected account without Customer attachment, or was detached from a Customer. "
            "It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
            param="payment_method",
        )
    return method


def spend(call: Call, method: Object) -> None:
    """A method that is not attached to a customer pays only once."""
    if method["customer"] is None:
        objects.save(call, method | {"_spent": True})


def attach_to(call: Call, method: Object, customer: str, *, set_up: bool = False) -> Object:
    decline = behaviour_of(method).decline
    if decline is not None and not behaviour_of(method).attaches:
        raise CardError(
            {
                "type": "card_error",
                "code": decline.code,
                "decline_code": decline.decline_code,
                "message": decline.message,
            }
        )
    method |= {"customer": customer, "_set_up": set_up or method["_set_up"]}
    return objects.save(call, method, "payment_method.attached")


def detach_from_customer(call: Call, method: Object) -> Object:
    customer = objects.get(call, "customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customer["invoice_settings"]["default_payment_method"] = None
        objects.save(call, customer, "customer.updated")
    method |= {"customer": None, "_spent": True}
    return objects.save(call, method, "payment_method.detached")


def create(call: Call) -> Object:
    return from_data(call, call.params)


def update(call: Call) -> Object:
    method = objects.get(call, "payment_method", call.id)
    method["metadata"] = call.metadata(method["metadata"])
    method["billing_details"] |= call.params.get("billing_details") or {}
    method |= call.given("allow_redisplay")
    method["card"] = {**(method.get("card") or {}), **(call.params.get("card") or {})} or None
    return objects.save(call, method, "payment_method.updated")


def attach(call: Call) -> Object:
    customer = objects.get(call, "customer", call.params["customer"], param="customer")
    method = resolve(call, call.id)
    if method["customer"] == customer["id"]:
        return method
    if method["customer"]:
        raise invalid("The payment method you provided has already been attached to a customer.")
    return attach_to(call, usable(call, method["id"], None), customer["id"])


def detach(call: Call) -> Object:
    method = objects.get(call, "payment_method", call.id)
    if method["customer"] is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise invalid(message, param="payment_method")
    return detach_from_customer(call, method)


def list_for_customer(call: Call) -> Object:
    """Both forms of the list: `?customer=` and `/customers/{id}/payment_methods`."""
    named = call.ids[0] if call.ids else call.params["customer"]
    customer = objects.get(call, "customer", named, param="customer")
    where = {"customer": customer["id"], **call.given("type", "allow_redisplay")}
    url = f"/v1/customers/{customer['id']}/payment_methods" if call.ids else "/v1/payment_methods"
    return list_of_page(call, "payment_method", url, where=where)


def retrieve_for_customer(call: Call) -> Object:
    customer, method = call.ids
    objects.get(call, "customer", customer, param="customer")
    return owned(call, method, customer)


LIST_FILTERS = {**PAGING, "type": KIND, "allow_redisplay": REDISPLAY}

ROUTES = [
    Route("POST", "/v1/payment_methods", create, DATA, ("type",)),
    retrieving("/v1/payment_methods/{}", "payment_method"),
    Route(
        "POST",
        "/v1/payment_methods/{}",
        update,
        {
            "metadata": metadata,
            "billing_details": BILLING,
            "allow_redisplay": REDISPLAY,
            "card": fields(exp_month=integer, exp_year=integer),
        },
    ),
    Route("POST", "/v1/payment_methods/{}/attach", attach, {"customer": text}, ("customer",)),
    Route("POST", "/v1/payment_methods/{}/detach", detach),
    Route("GET", "/v1/payment_methods", list_for_customer, {**LIST_FILTERS, "customer": text}, ("customer",)),
    Route("GET", "/v1/customers/{}/payment_methods", list_for_customer, LIST_FILTERS),
    Route("GET", "/v1/customers/{}/payment_methods/{}", retrieve_for_customer),
]
