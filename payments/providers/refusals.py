"""Stripe's refusals in our own terms."""

import stripe

from config.shared.errors import Conflict, invalid
from payments.errors import PaymentRefused, PaymentUnknown
from payments.intents import Intent, RefundAnswer, intent_of

CHOSEN = {"payment_method", "return_url"}  # what the customer sends to confirm


def intent_in(problem: stripe.StripeError) -> Intent | None:
    """The intent that Stripe sends along with a decline or an unexpected state."""
    body = problem.json_body if isinstance(problem.json_body, dict) else {}
    found = body.get("error", {}).get("payment_intent")
    return intent_of(found) if found else None


def refusal_of(problem: stripe.InvalidRequestError) -> Conflict:
    if is_unknown(problem):
        return PaymentUnknown()
    code = "currency_not_supported" if problem.param == "currency" else problem.code
    return PaymentRefused(
        str(problem.user_message or PaymentRefused.detail), code=code or PaymentRefused.code
    )


def is_unknown(problem: stripe.InvalidRequestError) -> bool:
    """Whether Stripe does not know our reference, as opposed to something the customer chose."""
    return problem.code == "resource_missing" and problem.param not in CHOSEN


def refused_refund(problem: stripe.InvalidRequestError) -> RefundAnswer:
    """Final only if nothing is left to refund; otherwise the balance may be topped up, or a dispute may end."""
    is_final = problem.code == "charge_already_refunded" or "greater than unrefunded" in str(problem)
    code = "charge_already_refunded" if is_final else problem.code or "refused"
    return RefundAnswer(id="", status="failed" if is_final else "pending", failure_code=code[:64])


def field_error(problem: stripe.InvalidRequestError) -> Exception:
    """The error for the customer's choice, at the field of the body that it came in."""
    message = str(problem.user_message or "Refused by Stripe.")
    if problem.param in CHOSEN:
        return invalid(problem.param, message)
    if "return_url" in message:
        return invalid("return_url", "This payment method needs a return_url.", "required")
    return refusal_of(problem)
