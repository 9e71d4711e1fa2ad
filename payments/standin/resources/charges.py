"""Charges: one for each of an intent's attempts to take money."""

import math

from .. import objects
from ..amounts import processing_fee
from ..call import Call
from ..cards import Behaviour, Decline, behaviour_of
from ..params import metadata, text
from ..routing import Route, listing, retrieving
from ..store import Object
from .balance import post_transaction

COPIED = ("amount", "currency", "customer", "description", "receipt_email", "shipping", "statement_descriptor_suffix",
          "statement_descriptor", "transfer_group")  # fmt: skip


def take(call: Call, intent: Object, method: Object) -> Object:
    """A charge that succeeds at once, with its money on the balance."""
    charge = _new(call, intent, method, amount_captured=intent["amount"], captured=True)
    return objects.create(call, _booked(call, charge, behaviour_of(method)), "charge.succeeded")


def authorize(call: Call, intent: Object, method: Object) -> Object:
    """A charge that holds the amount until it is captured."""
    return objects.create(call, _new(call, intent, method), "charge.succeeded")


def begin(call: Call, intent: Object, method: Object) -> Object:
    """A charge that waits for a bank's answer."""
    charge = _new(call, intent, method, status="pending", paid=False)
    return objects.create(call, charge, "charge.pending")


def refuse(call: Call, intent: Object, method: Object, decline: Decline) -> Object:
    charge = _new(call, intent, method, status="failed", paid=False)
    return objects.create(call, charge | _refusal(decline), "charge.failed")


def settle(call: Call, charge: Object) -> Object:
    """The bank has paid a pending charge."""
    charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
    charge["outcome"] = _outcome(None)
    method = objects.get(call, "payment_method", charge["payment_method"])
    return objects.save(call, _booked(call, charge, behaviour_of(method)), "charge.succeeded")


def fail(call: Call, charge: Object, decline: Decline) -> Object:
    """The bank has refused a pending charge."""
    return objects.save(call, charge | {"status": "failed"} | _refusal(decline), "charge.failed")


def capture(call: Call, charge: Object, amount: int) -> Object:
    """Takes part or all of what was held; the rest is released at once and counts as refunded."""
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": charge["amount"] - amount}
    method = objects.get(call, "payment_method", charge["payment_method"])
    return objects.save(call, _booked(call, charge, behaviour_of(method)), "charge.captured")


def release(call: Call, charge: Object) -> Object:
    """Releases all that was held."""
    return objects.save(
        call, charge | {"amount_refunded": charge["amount"], "refunded": True}, "charge.refunded"
    )


def update(call: Call) -> Object:
    charge = objects.get(call, "charge", call.id) | call.given(
        "description", "receipt_email", "transfer_group"
    )
    charge["metadata"] = call.metadata(charge["metadata"])
    return objects.save(call, charge, "charge.updated")


def _booked(call: Call, charge: Object, behaviour: Behaviour) -> Object:
    wait = 0 if behaviour.available_at_once else math.ceil(call.settle_after)
    transaction = post_transaction(
        call,
        "payment" if behaviour.asynchronous else "charge",
        charge,
        charge["amount_captured"],
        fee=processing_fee(charge["amount_captured"]),
        available_on=call.now + wait,
    )
    return charge | {"balance_transaction": transaction["id"]}


def _new(call: Call, intent: Object, method: Object, **state: object) -> Object:
    charge = objects.new(call, "charge", **_blank())
    charge |= {name: intent[name] for name in COPIED}
    charge |= {
        "billing_details": method["billing_details"],
        "metadata": dict(intent["metadata"]),
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(method, intent["amount"]),
        "receipt_url": f"{call.base_url}/receipts/{charge['id']}",
    }
    return charge | {"outcome": _outcome(None)} | state


def _method_details(method: Object, amount: int) -> Object:
    kind = method["type"]
    copied = dict(method[kind])
    if kind == "card":
        copied = {name: copied[name] for name in CARD_DETAILS} | {
            "amount_authorized": amount,
            "network": method["card"]["brand"],
        }
    return {"type": kind, kind: copied}


CARD_DETAILS = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "wallet",
)


def _refusal(decline: Decline) -> Object:
    return {"failure_code": decline.code, "failure_message": decline.message, "outcome": _outcome(decline)}


def _outcome(decline: Decline | None) -> Object:
    outcome = dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code", "reason"))
    if decline is None:
        approved = {"network_status": "approved_by_network", "seller_message": "Payment complete."}
        return outcome | approved | {"type": "authorized"}
    reason = decline.decline_code or decline.code
    refused = {"network_status": "declined_by_network", "reason": reason, "seller_message": decline.message}
    return outcome | refused | {"type": "issuer_declined"}


def _blank() -> Object:
    return {
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "calculated_statement_descriptor": "SOUK",
        "captured": False,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "on_behalf_of": None,
        "paid": True,
        "receipt_number": None,
        "refunded": False,
        "refunds": None,
        "review": None,
        "source": None,
        "source_transfer": None,
        "status": "succeeded",
        "transfer_data": None,
    }


ROUTES = [
    retrieving("/v1/charges/{}", "charge"),
    Route(
        "POST",
        "/v1/charges/{}",
        update,
        {"description": text, "metadata": metadata, "receipt_email": text, "transfer_group": text},
    ),
    listing("/v1/charges", "charge", customer=text, payment_intent=text, transfer_group=text),
]
