"""Payouts: from an account's available balance to its bank."""

from .. import objects
from ..amounts import check_positive, checked_currency
from ..call import Call
from ..errors import invalid
from ..ids import new_id
from ..outcomes import outcome, schedule
from ..params import Converter, integer, metadata, one_of, text
from ..routing import Route, listing, retrieving
from ..store import Object
from .balance import available, post_transaction
from .transfers import insufficient_balance

CREATE: dict[str, Converter] = {
    "amount": integer,
    "currency": text,
    "description": text,
    "metadata": metadata,
    "method": one_of("standard", "instant"),
    "statement_descriptor": text,
}


def create(call: Call) -> Object:
    currency, amount = checked_currency(call.params["currency"]), call.params["amount"]
    check_positive(amount)
    if amount > available(call, currency):
        raise insufficient_balance()
    payout = objects.new(call, "payout", **_fields(call), amount=amount, currency=currency)
    payout["balance_transaction"] = post_transaction(call, "payout", payout, -amount)["id"]
    schedule(call, bank_is_told, payout)
    return objects.create(call, payout, "payout.created")


def cancel(call: Call) -> Object:
    payout = objects.get(call, "payout", call.id)
    if payout["status"] != "pending":
        raise invalid(f"Payouts can only be canceled while they are pending; this one is {payout['status']}.")
    transaction = post_transaction(call, "payout_cancel", payout, payout["amount"])
    payout |= {"status": "canceled", "failure_balance_transaction": transaction["id"]}
    return objects.save(call, payout, "payout.canceled")


@outcome
def bank_is_told(call: Call, payout: Object) -> None:
    if payout["status"] == "pending":
        objects.save(call, payout | {"status": "in_transit"}, "payout.updated")
        schedule(call, bank_pays, payout)


@outcome
def bank_pays(call: Call, payout: Object) -> None:
    objects.save(call, payout | {"status": "paid"}, "payout.paid")


def _fields(call: Call) -> Object:
    empty = ("application_fee", "application_fee_amount", "failure_balance_transaction", "failure_code",
             "failure_message", "original_payout", "payout_method", "reversed_by")  # fmt: skip
    return {
        **dict.fromkeys((*empty, "description", "statement_descriptor")),
        **call.given("description", "statement_descriptor"),
        "arrival_date": call.now,
        "automatic": False,
        "destination": new_id("payout").replace("po_", "ba_1"),
        "livemode": False,
        "metadata": call.metadata(),
        "method": call.params.get("method") or "standard",
        "reconciliation_status": "not_applicable",
        "source_type": "card",
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


ROUTES = [
    Route("POST", "/v1/payouts", create, CREATE, ("amount", "currency")),
    retrieving("/v1/payouts/{}", "payout"),
    Route("POST", "/v1/payouts/{}/cancel", cancel),
    listing("/v1/payouts", "payout", destination=text, status=text),
]
