"""Disputes: a customer's bank takes the money back until the evidence is judged."""

from .. import objects
from ..call import Call
from ..cards import behaviour_of
from ..errors import invalid
from ..events import on
from ..params import Converter, fields, flag, metadata, text
from ..routing import Route, listing, retrieving
from ..store import Object
from .balance import post_transaction

FEE = 1500
DAYS_TO_ANSWER = 9
DAY_SECONDS = 24 * 3600

# Stripe's own evidence texts that decide a test dispute.
TEST_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}

TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
    "uncategorized_text",
)  # fmt: skip
UPDATE: dict[str, Converter] = {
    "evidence": fields(**dict.fromkeys(TEXTS, text)),
    "metadata": metadata,
    "submit": flag,
}


@on("payment_intent.succeeded")
def dispute_by_card(call: Call, intent: Object) -> None:
    """Some test cards dispute the payment that they just made."""
    method = objects.get(call, "payment_method", intent["payment_method"])
    behaviour = behaviour_of(method)
    if behaviour.dispute:
        charge = objects.get(call, "charge", intent["latest_charge"])
        open_dispute(call, charge, reason=behaviour.dispute, inquiry=behaviour.inquiry)


def open_dispute(call: Call, charge: Object, *, reason: str, inquiry: bool = False) -> Object:
    """An inquiry only asks; a dispute withdraws the amount and a fee at once."""
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} is disputed already.")
    dispute = objects.create(call, _build(call, charge, reason, inquiry=inquiry), "charge.dispute.created")
    objects.save(call, charge | {"disputed": True, "_refundable_in_dispute": inquiry}, "charge.updated")
    if not inquiry:
        _move_funds(call, dispute, -dispute["amount"], FEE)
        objects.save(call, dispute, "charge.dispute.funds_withdrawn")
    return dispute


def close_dispute(call: Call, dispute: Object, outcome: str) -> Object:
    """`won` gives the amount and the fee back, unless it was an inquiry."""
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise invalid(f"This dispute is already closed with the status {dispute['status']}.")
    inquiry = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_closed" if inquiry else outcome
    dispute["is_charge_refundable"] = inquiry
    objects.save(call, dispute, "charge.dispute.closed")
    if outcome == "won" and not inquiry:
        _move_funds(call, dispute, dispute["amount"], -FEE)
        objects.save(call, dispute, "charge.dispute.funds_reinstated")
    return dispute


def update(call: Call) -> Object:
    """Stores evidence; with `submit` it goes to the bank, and Stripe's test words decide at once."""
    dispute = objects.get(call, "dispute", call.id)
    if not dispute["status"].endswith("needs_response"):
        raise invalid("This dispute is no longer open for evidence.")
    dispute["metadata"] = call.metadata(dispute["metadata"])
    dispute["evidence"] |= call.params.get("evidence") or {}
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"][name] for name in TEXTS)
    if not call.params.get("submit", bool(call.params.get("evidence"))):
        return objects.save(call, dispute, "charge.dispute.updated")
    dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    dispute["evidence_details"]["submission_count"] += 1
    objects.save(call, dispute, "charge.dispute.updated")
    verdict = TEST_VERDICTS.get(dispute["evidence"]["uncategorized_text"] or "")
    return close_dispute(call, dispute, verdict) if verdict else dispute


def close(call: Call) -> Object:
    """Accepting a dispute loses it."""
    return close_dispute(call, objects.get(call, "dispute", call.id), "lost")


def _move_funds(call: Call, dispute: Object, amount: int, fee: int) -> None:
    transaction = post_transaction(call, "adjustment", dispute, amount, fee=fee)
    dispute["balance_transactions"].append(transaction)


def _build(call: Call, charge: Object, reason: str, *, inquiry: bool) -> Object:
    kind = charge["payment_method_details"]["type"]
    brand = charge["payment_method_details"][kind].get("brand")
    details = {
        "brand": brand,
        "case_type": "inquiry" if inquiry else "chargeback",
        "network_reason_code": "10.4",
    }
    return objects.new(
        call,
        "dispute",
        amount=charge["amount_captured"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={**dict.fromkeys(TEXTS), "enhanced_evidence": {}},
        evidence_details={
            "due_by": call.now + DAYS_TO_ANSWER * DAY_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=inquiry,
        livemode=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={"type": kind, kind: details if kind == "card" else {}},
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )


ROUTES = [
    retrieving("/v1/disputes/{}", "dispute"),
    Route("POST", "/v1/disputes/{}", update, UPDATE),
    Route("POST", "/v1/disputes/{}/close", close),
    listing("/v1/disputes", "dispute", charge=text, payment_intent=text),
]
