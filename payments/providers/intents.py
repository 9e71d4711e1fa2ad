import uuid

import stripe

from payments import gateway
from payments.errors import CurrencyNotSupported, StripeBroke
from payments.intents import Intent, RefundAnswer, intent_of, refund_of, stripe_amount, stripe_step
from payments.models import Payment, Refund
from payments.providers.base import renew_token
from payments.providers.refusals import field_error, intent_in, refusal_of, refused_refund


class Stripe:
    """PaymentIntents: paid by the customer's browser, or with a payment method that it made."""

    def step(self, currency: str) -> int:
        return stripe_step(currency)

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
        """Unconfirmed, so that repeating it can never charge twice."""
        redirects = "always" if payment.return_url else "never"
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": stripe_amount(payment.money),
            "currency": payment.currency.lower(),
            "automatic_payment_methods": {"enabled": True, "allow_redirects": redirects},
            "metadata": metadata_of(payment),
        }
        if payment.customer_reference:
            params["customer"] = payment.customer_reference
        key: stripe.RequestOptions = {"idempotency_key": payment.key("create")}
        try:
            return gateway.call(lambda client: intent_of(client.v1.payment_intents.create(params, key)))
        except stripe.InvalidRequestError as problem:
            raise refusal_of(problem) from problem
        except StripeBroke:
            renew_token(payment)
            raise

    def adopt(self, payment: Payment, customer: str) -> None:
        """Names the customer whose saved cards may pay."""
        params: stripe.params.PaymentIntentUpdateParams = {"customer": customer}
        key: stripe.RequestOptions = {"idempotency_key": payment.key(f"adopt-{uuid.uuid4().hex[:12]}")}
        gateway.call(lambda client: client.v1.payment_intents.update(payment.provider_reference, params, key))

    def confirm(self, payment: Payment, *, payment_method: str, return_url: str) -> Intent:
        """Needs no lasting key: an intent is charged once, however often it is confirmed."""
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
        """A payment that can no longer be cancelled is returned as it is: succeeded, or processing."""
        intent = self.fetch(payment)
        key: stripe.RequestOptions = {"idempotency_key": payment.key(f"cancel-{uuid.uuid4().hex[:12]}")}
        try:
            return gateway.call(
                lambda client: intent_of(client.v1.payment_intents.cancel(intent.id, {}, key))
            )
        except stripe.InvalidRequestError:
            return self.retrieve(intent.id)

    def refund(self, refund: Refund) -> RefundAnswer:
        """Looks for the refund first: after a failure that Stripe remembers, the old key may have made one."""
        try:
            return self.find_refund(refund) or self.create_refund(refund)
        except stripe.InvalidRequestError as problem:
            renew_token(refund)
            return refused_refund(problem)
        except CurrencyNotSupported as problem:  # claimed before amounts were checked against `step`
            return RefundAnswer(id="", status="failed", failure_code=problem.code)

    def create_refund(self, refund: Refund) -> RefundAnswer:
        params: stripe.params.RefundCreateParams = {
            "payment_intent": refund.payment.intent_id,
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
            "payment_intent": refund.payment.intent_id,
            "limit": 100,
        }
        made = gateway.call(lambda client: client.v1.refunds.list(params)).data
        return next((refund_of(one) for one in made if is_same(one, refund)), None)


def is_same(theirs: stripe.Refund, ours: Refund) -> bool:
    named = (theirs.to_dict().get("metadata") or {}).get("refund")
    return theirs.id == ours.provider_reference if ours.provider_reference else named == str(ours.pk)


def metadata_of(payment: Payment) -> dict[str, str]:
    """What Stripe sends along with each event: the token is known before Stripe's first answer."""
    return {"payment": payment.token.hex, "order": str(payment.order_id)}
