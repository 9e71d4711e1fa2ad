"""Stripe's webhooks: stored first, then processed by a job that reads the object itself from Stripe."""

import stripe
import structlog
from django.db import connection, transaction

from config.shared.lookups import is_id
from payments import gateway
from payments.errors import IntentMismatch, PaymentUnknown, RefundTooLarge
from payments.intents import Intent, intent_of, our_amount, refund_of
from payments.models import Payment, Refund, StripeEvent
from payments.providers import CHECKOUT, provider_of
from payments.services.disputes import take_dispute
from payments.services.intents import apply_intent, lock_payment
from payments.services.onboarding import sync_account
from payments.services.refunds import apply_refund, request_refund
from payments.services.transfers import take_transfer
from payments.signals import event_received
from payments.webhooks import Notice

logger = structlog.get_logger(__name__)
INSERT = """
INSERT INTO payments_stripeevent (event_id, type, object_id) VALUES (%s, %s, %s)
ON CONFLICT (event_id) DO NOTHING RETURNING id
"""


@transaction.atomic
def keep_event(*, notice: Notice) -> bool:
    """Stores a webhook and the job for it together; False if it is stored already."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [notice.event_id, notice.type, notice.object_id])
        row = cursor.fetchone()
    if row is not None:
        event_received.send(sender=StripeEvent, event_id=row[0])
    return row is not None


def process_event(*, event_id: int) -> None:
    """Reads the event's object from Stripe and applies it; parks the event if it is not ours. Raises StripeDown.

    `event_id` is the row's. Repeating it is harmless. Not in a transaction.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if event.status == StripeEvent.Status.PROCESSED:
        return
    try:
        known = take(event)
    except IntentMismatch:
        event.finish(StripeEvent.Status.PARKED, "mismatch")
    except PaymentUnknown:
        event.finish(StripeEvent.Status.PARKED, "unknown object")
    except stripe.InvalidRequestError as problem:
        event.finish(StripeEvent.Status.PARKED, f"not readable: {problem.code}")
    else:
        event.finish(
            *((StripeEvent.Status.PROCESSED,) if known else (StripeEvent.Status.PARKED, "unknown object"))
        )


def take(event: StripeEvent) -> bool:
    """Reads and applies the event's object; returns whether it is ours."""
    reference = event.object_id
    if event.type.startswith("account."):
        return sync_account(reference=reference)
    if event.type.startswith("charge.dispute."):
        return take_dispute(reference, before=read_again)
    if event.type.startswith("transfer."):
        return take_transfer(reference)
    if event.type.startswith("checkout.session."):
        return take_session(reference)
    return take_refund(event) if reference.startswith(("re_", "pyr_")) else take_intent(event)


def take_session(reference: str) -> bool:
    payment = Payment.objects.filter(provider=Payment.Provider.STRIPE, provider_reference=reference).first()
    intent = CHECKOUT.retrieve(reference) if payment is None else None
    if intent is not None:
        payment = payment_of(intent)  # the answer to its creation was lost
    if payment is None:
        return False
    apply_intent(payment_id=payment.pk, intent=intent or CHECKOUT.fetch(payment))
    return True


def take_intent(event: StripeEvent) -> bool:
    """Whether the event's intent belongs to a payment of ours."""
    intent = gateway.call(lambda client: intent_of(client.v1.payment_intents.retrieve(event.object_id)))
    payment = payment_of(intent)
    if payment is None:
        return False
    apply_intent(payment_id=payment.pk, intent=CHECKOUT.fetch(payment) if payment.is_checkout else intent)
    return True


def payment_of(intent: Intent) -> Payment | None:
    """By its reference or, until the answer to its creation is stored, by the token sent along."""
    payments = Payment.objects.filter(provider=Payment.Provider.STRIPE)
    known = Payment.objects.with_intent(intent.id).first()
    if known is None and is_token(intent.token):
        known = payments.filter(token=intent.token).first()
    return known


def is_token(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def take_refund(event: StripeEvent) -> bool:
    refund = gateway.call(lambda client: client.v1.refunds.retrieve(event.object_id))
    named = (refund.to_dict().get("metadata") or {}).get("refund", "")
    payment = Payment.objects.with_intent(str(refund.payment_intent or "-")).first()
    ours = Refund.objects.filter(payment=payment)
    known = ours.filter(provider_reference=refund.id).first()
    if known is None and is_id(named):
        known = ours.filter(pk=named, provider_reference="").first()
    if known is None and payment is not None:
        read_again(payment)
        known = adopt_refund(payment_id=payment.pk, refund=refund)
    if known is None:
        return False
    apply_refund(refund_id=known.pk, answer=refund_of(refund))
    return True


def read_again(payment: Payment) -> None:
    """Events of a payment may arrive before the payment's own, so it is read first."""
    if not payment.captured_amount:
        apply_intent(payment_id=payment.pk, intent=provider_of(payment).fetch(payment))


@transaction.atomic
def adopt_refund(*, payment_id: int, refund: stripe.Refund) -> Refund | None:
    """Adopts a refund made in Stripe's dashboard: it counts like ours. None if it exceeds what can be refunded."""
    payment = lock_payment(payment_id)
    made = Refund.objects.filter(provider_reference=refund.id).first()
    amount = our_amount(refund.amount, payment.currency)
    if (
        made is not None
        or refund_of(refund).status == "failed"
        or refund.currency.upper() != payment.currency
    ):
        return made
    try:
        reason = Refund.Reason.MADE_AT_PROVIDER
        return request_refund(payment=payment, amount=amount, reason=reason, provider_reference=refund.id)
    except RefundTooLarge:
        logger.error("refund_without_room", payment=payment_id, refund=refund.id)
        return None
