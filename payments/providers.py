"""The ways to pay behind one small interface. All of it talks to the outside: never inside a transaction."""

import uuid
from typing import Protocol

import stripe

from config.shared.errors import Conflict, InvalidTransition, invalid
from config.shared.money import Money
from payments import gateway
from payments.errors import PaymentRefused, PaymentUnknown, StripeBroke
from payments.intents import Intent, RefundAnswer, intent_of, refund_of, stripe_amount
from payments.models import Payment, Refund

CHOSEN = {"payment_method", "return_url"}  # what the customer gives to a confirm


class Provider(Protocol):
    """Each method says what the provider has now; each may be repeated without a second effect."""

    def fetch(self, payment: Payment) -> Intent:
        """The provider's side of a payment; made now if it is not there yet. Raises PaymentRefused, PaymentUnknown."""

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        """Tries to take the money; a decline is told by the intent, not raised. Raises PaymentUnknown."""

    def cancel(self, payment: Payment) -> Intent:
        """Calls the payment off if that is still possible. Raises PaymentRefused, PaymentUnknown."""

    def refund(self, refund: Refund) -> RefundAnswer:
        """Gives back what `refund` says. What is refused but may be granted later is pending, with the reason."""


class Stripe:
    def fetch(self, payment: Payment) -> Intent:
        return (
            self.retrieve(payment.provider_reference) if payment.provider_reference else self.create(payment)
        )

    def retrieve(self, reference: str) -> Intent:
        try:
            return gateway.call(lambda client: intent_of(client.v1.payment_intents.retrieve(reference)))
        except stripe.InvalidRequestError as problem:
            raise refusal_of(problem) from problem

    def create(self, payment: Payment) -> Intent:
        """Unconfirmed, so nothing can be charged twice however often it is repeated."""
        redirects = "always" if payment.return_url else "never"
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": stripe_amount(payment.money),
            "currency": payment.currency.lower(),
            "automatic_payment_methods": {"enabled": True, "allow_redirects": redirects},
            "metadata": {"payment": payment.token.hex, "order": str(payment.order_id)},
        }
        key: stripe.RequestOptions = {"idempotency_key": payment.key("create")}
        try:
            return gateway.call(lambda client: intent_of(client.v1.payment_intents.create(params, key)))
        except stripe.InvalidRequestError as problem:
            raise refusal_of(problem) from problem
        except StripeBroke:
            renew_token(payment)
            raise

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        """Needs no key that lasts: an intent is charged once, however often it is confirmed."""
        params: stripe.params.PaymentIntentConfirmParams = {"payment_method": payment_method}
        if back := return_url or payment.return_url:
            params["return_url"] = back
        key: stripe.RequestOptions = {"idempotency_key": payment.key(f"confirm-{uuid.uuid4().hex[:12]}")}
        reference = payment.provider_reference
        try:
            return gateway.call(
                lambda client: intent_of(client.v1.payment_intents.confirm(reference, params, key))
            )
        except stripe.CardError as problem:
            return intent_in(problem) or self.retrieve(reference)
        except stripe.InvalidRequestError as problem:
            if intent := intent_in(problem):
                return intent
            raise field_error(problem) from problem

    def cancel(self, payment: Payment) -> Intent:
        """One that can no longer be cancelled is told as it is: succeeded, or processing."""
        intent = self.fetch(payment)
        key: stripe.RequestOptions = {"idempotency_key": payment.key(f"cancel-{uuid.uuid4().hex[:12]}")}
        try:
            return gateway.call(
                lambda client: intent_of(client.v1.payment_intents.cancel(intent.id, {}, key))
            )
        except stripe.InvalidRequestError:
            return self.retrieve(intent.id)

    def refund(self, refund: Refund) -> RefundAnswer:
        """Looks first: after a failure that Stripe remembers there may be one under the old key."""
        try:
            return self.find_refund(refund) or self.create_refund(refund)
        except stripe.InvalidRequestError as problem:
            renew_token(refund)
            return refused_refund(problem)

    def create_refund(self, refund: Refund) -> RefundAnswer:
        params: stripe.params.RefundCreateParams = {
            "payment_intent": refund.payment.provider_reference,
            "amount": stripe_amount(refund.money),
            "metadata": {"refund": str(refund.pk)},
        }
        key: stripe.RequestOptions = {"idempotency_key": refund.key}
        try:
            return gateway.call(lambda client: refund_of(client.v1.refunds.create(params, key)))
        except StripeBroke:
            renew_token(refund)
            raise

    def find_refund(self, refund: Refund) -> RefundAnswer | None:
        params: stripe.params.RefundListParams = {
            "payment_intent": refund.payment.provider_reference,
            "limit": 100,
        }
        made = gateway.call(lambda client: client.v1.refunds.list(params)).data
        ours = (one for one in made if (one.to_dict().get("metadata") or {}).get("refund") == str(refund.pk))
        return next((refund_of(one) for one in ours), None)


class Manual:
    """Money that staff count: nothing is outside, the row is all there is."""

    def fetch(self, payment: Payment) -> Intent:
        return self.told(payment, "requires_payment_method")

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        raise InvalidTransition(status=payment.status, allowed=["settle"])

    def cancel(self, payment: Payment) -> Intent:
        return self.told(payment, "canceled")

    def refund(self, refund: Refund) -> RefundAnswer:
        """Staff hand it back; it counts from the moment that it is owed."""
        return RefundAnswer(id="", status="succeeded")

    def told(self, payment: Payment, status: str) -> Intent:
        money = Money(payment.amount, payment.currency)
        return Intent(
            id="", status=status, money=money, received=0, token=payment.token.hex, is_live=gateway.is_live()
        )


PROVIDERS: dict[str, Provider] = {Payment.Provider.STRIPE: Stripe(), Payment.Provider.MANUAL: Manual()}


def provider_of(payment: Payment) -> Provider:
    return PROVIDERS[payment.provider]


def renew_token(row: Payment | Refund) -> None:
    """A fresh idempotency key, unless another call got an answer in the meantime."""
    unanswered = type(row)._default_manager.filter(pk=row.pk, token=row.token, provider_reference="")
    unanswered.update(token=uuid.uuid4())


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
    """Whether it is our reference that Stripe does not know, and not what the customer chose."""
    return problem.code == "resource_missing" and problem.param not in CHOSEN


def refused_refund(problem: stripe.InvalidRequestError) -> RefundAnswer:
    """Final only when there is nothing left to give back; money may come to our balance, a dispute may end."""
    is_final = problem.code == "charge_already_refunded" or "greater than unrefunded" in str(problem)
    code = "charge_already_refunded" if is_final else problem.code or "refused"
    return RefundAnswer(id="", status="failed" if is_final else "pending", failure_code=code[:64])


def field_error(problem: stripe.InvalidRequestError) -> Exception:
    """What is wrong with the customer's choice, at the member of the body that it came in."""
    message = str(problem.user_message or "Refused by Stripe.")
    if problem.param in CHOSEN:
        return invalid(problem.param, message)
    if "return_url" in message:
        return invalid("return_url", "This payment method needs a return_url.", "required")
    return refusal_of(problem)
