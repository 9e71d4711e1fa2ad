"""Transfers to connected accounts, and taking them back."""

from dataclasses import replace

from .. import objects
from ..amounts import check_positive, checked_currency, worded
from ..call import Call
from ..errors import StripeError, invalid
from ..ids import new_id
from ..lists import list_of_page
from ..params import Converter, integer, metadata, text
from ..routing import PAGING, Route, listing, retrieving
from ..store import Object
from .balance import available, post_transaction

CREATE: dict[str, Converter] = {
    "amount": integer,
    "currency": text,
    "description": text,
    "destination": text,
    "metadata": metadata,
    "source_transaction": text,
    "transfer_group": text,
}


def create(call: Call) -> Object:
    """From a charge (its money may still be pending), or from the available balance."""
    destination = _destination(call)
    charge = _source(call)
    amount = _amount(call, charge)
    transfer = _build(call, charge, amount)
    available_on = _available_on(call, charge)
    transaction = post_transaction(call, "transfer", transfer, -amount, available_on=available_on)
    transfer["balance_transaction"] = transaction["id"]
    there = replace(call, account=destination["id"])
    post_transaction(
        there,
        "payment",
        transfer | {"id": transfer["destination_payment"]},
        amount,
        available_on=available_on,
    )
    return objects.create(call, transfer, "transfer.created")


def update(call: Call) -> Object:
    transfer = objects.get(call, "transfer", call.id) | call.given("description")
    transfer["metadata"] = call.metadata(transfer["metadata"])
    return objects.save(call, transfer, "transfer.updated")


def reverse(call: Call) -> Object:
    """Returns part or all of what has not been reversed yet from the connected account."""
    transfer = objects.get(call, "transfer", call.id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.value("amount", left)
    _check_reversal(transfer, amount, left)
    reversal = _build_reversal(call, transfer, amount)
    transaction = post_transaction(call, "transfer_refund", reversal, amount)
    objects.create(call, reversal | {"balance_transaction": transaction["id"]})
    post_transaction(replace(call, account=transfer["destination"]), "payment_refund", reversal, -amount)
    reversal["balance_transaction"] = transaction["id"]
    transfer |= {"amount_reversed": transfer["amount_reversed"] + amount, "reversed": amount == left}
    transfer["reversals"]["data"].insert(0, reversal)
    objects.save(call, transfer, "transfer.reversed")
    return reversal


def retrieve_reversal(call: Call) -> Object:
    transfer, reversal = call.ids
    objects.get(call, "transfer", transfer)
    return objects.get(call, "transfer_reversal", reversal)


def list_reversals(call: Call) -> Object:
    transfer = objects.get(call, "transfer", call.id)
    return list_of_page(
        call, "transfer_reversal", transfer["reversals"]["url"], where={"transfer": transfer["id"]}
    )


def _destination(call: Call) -> Object:
    account = call.store.find(call.params["destination"], "account")
    if account is None or account.get("deleted"):
        message = f"No such destination: '{call.params['destination']}'"
        raise invalid(message, code="resource_missing", param="destination")
    if account["capabilities"].get("transfers") != "active":
        message = "Your destination account needs to have at least one of the following capabilities enabled: transfers"
        raise invalid(message, code="insufficient_capabilities_for_transfer")
    return account


def _source(call: Call) -> Object | None:
    if not call.params.get("source_transaction"):
        return None
    charge = objects.get(call, "charge", call.params["source_transaction"], param="source_transaction")
    if not charge["captured"]:
        raise invalid("The source charge has not been captured.", param="source_transaction")
    return charge


def _amount(call: Call, charge: Object | None) -> int:
    """All transfers from one charge together never exceed it; without a charge the balance must suffice."""
    currency = checked_currency(call.params["currency"])
    amount: int = call.value("amount", charge["amount_captured"] if charge else 0)
    check_positive(amount)
    if charge is None:
        if amount > available(call, currency):
            raise insufficient_balance()
        return amount
    if currency != charge["currency"]:
        message = f"Transfers using this transaction as a source must be in {charge['currency']}."
        raise invalid(message, param="currency")
    taken = sum(
        each["amount"] for each in call.store.every("transfer", call.account, source_transaction=charge["id"])
    )
    if taken + amount > charge["amount_captured"]:
        most = worded(charge["amount_captured"], currency)
        message = f"Transfers using this transaction as a source must not exceed the source amount of {most}."
        raise invalid(message, param="amount")
    return amount


def insufficient_balance() -> StripeError:
    message = (
        "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
        "balance by creating Charges using the 4000000000000077 test card."
    )
    return invalid(message, code="balance_insufficient")


def _available_on(call: Call, charge: Object | None) -> int:
    """Money moved from a charge is available when the charge's own money is."""
    if charge is None:
        return call.now
    day: int = objects.get(call, "balance_transaction", charge["balance_transaction"])["available_on"]
    return day


def _build(call: Call, charge: Object | None, amount: int) -> Object:
    transfer = objects.new(
        call,
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency=checked_currency(call.params["currency"]),
        description=call.params.get("description"),
        destination=call.params["destination"],
        destination_payment=f"py_{new_id('charge').removeprefix('ch_')}",
        livemode=False,
        metadata=call.metadata(),
        reversed=False,
        source_transaction=charge["id"] if charge else None,
        source_type="card",
        transfer_group=call.params.get("transfer_group") or (charge or {}).get("transfer_group"),
    )
    url = f"/v1/transfers/{transfer['id']}/reversals"
    return transfer | {"reversals": {"object": "list", "data": [], "has_more": False, "url": url}}


def _check_reversal(transfer: Object, amount: int, left: int) -> None:
    if left == 0:
        raise invalid(f"Transfer {transfer['id']} is already fully reversed.")
    check_positive(amount)
    if amount > left:
        asked, rest = worded(amount, transfer["currency"]), worded(left, transfer["currency"])
        raise invalid(f"Reversal amount ({asked}) is greater than unreversed amount ({rest})", param="amount")


def _build_reversal(call: Call, transfer: Object, amount: int) -> Object:
    return objects.new(
        call,
        "transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        description=call.params.get("description"),
        destination_payment_refund=None,
        metadata=call.metadata(),
        source_refund=None,
        transfer=transfer["id"],
    )


ROUTES = [
    Route("POST", "/v1/transfers", create, CREATE, ("currency", "destination")),
    retrieving("/v1/transfers/{}", "transfer"),
    Route("POST", "/v1/transfers/{}", update, {"description": text, "metadata": metadata}),
    listing("/v1/transfers", "transfer", destination=text, transfer_group=text),
    Route(
        "POST",
        "/v1/transfers/{}/reversals",
        reverse,
        {"amount": integer, "description": text, "metadata": metadata},
    ),
    Route("GET", "/v1/transfers/{}/reversals", list_reversals, PAGING),
    Route("GET", "/v1/transfers/{}/reversals/{}", retrieve_reversal),
]
