"""Refunds: never more than what was captured; the test cards decide whether they succeed at once."""

from .. import objects
from ..amounts import check_positive, worded
from ..call import Call
from ..cards import behaviour_of
from ..errors import invalid
from ..outcomes import outcome, schedule
from ..params import integer, metadata, one_of, text
from ..routing import Route, listing, retrieving
from ..store import Object
from .balance import post_transaction

REASON = one_of("duplicate", "fraudulent", "requested_by_customer")


def create(call: Call) -> Object:
    charge = _charge_of(call)
    amount = _checked_amount(call, charge)
    method = objects.get(call, "payment_method", charge["payment_method"])
    manner = behaviour_of(method).refund
    refund = _build(call, charge, amount, status="pending" if manner == "pending" else "succeeded")
    transaction = post_transaction(call, "refund", refund, -amount)
    objects.create(call, refund | {"balance_transaction": transaction["id"]}, "refund.created")
    _count(call, charge, amount)
    if manner != "succeeds":
        schedule(call, bank_refunds if manner == "pending" else bank_returns, refund)
    return objects.get(call, "refund", refund["id"])


def update(call: Call) -> Object:
    refund = objects.get(call, "refund", call.id)
    refund["metadata"] = call.metadata(refund["metadata"])
    return objects.save(call, refund, "refund.updated", "charge.refund.updated")


def cancel(call: Call) -> Object:
    """Stripe cancels only refunds in `requires_action`, which cards and bank debits never reach."""
    refund = objects.get(call, "refund", call.id)
    raise invalid(
        f"Only refunds with the status requires_action can be canceled; this one is {refund['status']}."
    )


@outcome
def bank_refunds(call: Call, refund: Object) -> None:
    objects.save(call, refund | {"status": "succeeded"}, "refund.updated", "charge.refund.updated")


@outcome
def bank_returns(call: Call, refund: Object) -> None:
    """The bank could not give the money to the customer: it comes back, and can be refunded another way."""
    transaction = post_transaction(call, "refund_failure", refund, refund["amount"])
    refund |= {
        "status": "failed",
        "failure_reason": "unknown",
        "failure_balance_transaction": transaction["id"],
    }
    objects.save(call, refund, "refund.failed", "refund.updated", "charge.refund.updated")
    charge = objects.get(call, "charge", refund["charge"])
    objects.save(call, charge | _refunded(charge, -refund["amount"]), "charge.updated")


def _charge_of(call: Call) -> Object:
    if identifier := call.params.get("charge"):
        charge = objects.get(call, "charge", identifier, param="charge")
    elif identifier := call.params.get("payment_intent"):
        intent = objects.get(call, "payment_intent", identifier, param="payment_intent")
        charge = objects.get(call, "charge", intent["latest_charge"]) if intent["latest_charge"] else {}
    else:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise invalid(message, code="parameter_missing")
    if not charge.get("captured"):
        payment = call.params.get("payment_intent") or charge.get("payment_intent")
        raise invalid(f"This PaymentIntent ({payment}) does not have a successful charge to refund.")
    return charge


def _checked_amount(call: Call, charge: Object) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge["disputed"] and not charge.get("_refundable_in_dispute"):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed")
    amount: int = call.value("amount", left)
    check_positive(amount)
    if amount > left:
        asked, rest = worded(amount, charge["currency"]), worded(left, charge["currency"])
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})"
        raise invalid(message, param="amount")
    return amount


def _build(call: Call, charge: Object, amount: int, *, status: str) -> Object:
    kind = charge["payment_method_details"]["type"]
    return objects.new(
        call,
        "refund",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        customer_account=None,
        destination_details={kind: {"type": "refund"} if kind == "card" else {}, "type": kind},
        metadata=call.metadata(),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=call.params.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status=status,
        transfer_reversal=None,
    )


def _count(call: Call, charge: Object, amount: int) -> None:
    objects.save(call, charge | _refunded(charge, amount), "charge.refunded")


def _refunded(charge: Object, amount: int) -> Object:
    total = charge["amount_refunded"] + amount
    return {"amount_refunded": total, "refunded": total == charge["amount"]}


CREATE = {
    "amount": integer,
    "charge": text,
    "metadata": metadata,
    "payment_intent": text,
    "reason": REASON,
}

ROUTES = [
    Route("POST", "/v1/refunds", create, CREATE),
    retrieving("/v1/refunds/{}", "refund"),
    Route("POST", "/v1/refunds/{}", update, {"metadata": metadata}),
    Route("POST", "/v1/refunds/{}/cancel", cancel),
    listing("/v1/refunds", "refund", charge=text, payment_intent=text),
]
