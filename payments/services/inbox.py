"""Stripe's webhooks: kept first, then looked at by a job that reads the object itself from Stripe."""

import stripe
import structlog
from django.db import connection, transaction

from config.shared.lookups import is_id
from payments import gateway
from payments.errors import IntentMismatch
from payments.intents import Intent, intent_of, refund_of
from payments.models import Payment, Refund, StripeEvent
from payments.services.intents import apply_intent
from payments.services.refunds import apply_refund
from payments.signals import event_received
from payments.webhooks import Notice

logger = structlog.get_logger(__name__)
INSERT = """
INSERT INTO payments_stripeevent (event_id, type, object_id) VALUES (%s, %s, %s)
ON CONFLICT (event_id) DO NOTHING RETURNING id
"""


@transaction.atomic
def keep_event(*, notice: Notice) -> bool:
    """Stores a webhook and the job for it together; False when it is here already."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [notice.event_id, notice.type, notice.object_id])
        row = cursor.fetchone()
    if row is not None:
        event_received.send(sender=StripeEvent, event_id=row[0])
    return row is not None


def process_event(*, event_id: int) -> None:
    """Reads what the event points at and takes it over; what is not ours is parked. Raises StripeDown.

    `event_id` is the row's. Repeating it is harmless. Not in a transaction.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if event.status == StripeEvent.Status.PROCESSED:
        return
    try:
        known = take_refund(event) if event.object_id.startswith("re_") else take_intent(event)
    except IntentMismatch:
        event.finish(StripeEvent.Status.PARKED, "mismatch")
    except stripe.InvalidRequestError as problem:
        event.finish(StripeEvent.Status.PARKED, f"not readable: {problem.code}")
    else:
        event.finish(
            *((StripeEvent.Status.PROCESSED,) if known else (StripeEvent.Status.PARKED, "unknown object"))
        )


def take_intent(event: StripeEvent) -> bool:
    """Whether the event's intent belongs to a payment of ours."""
    intent = gateway.call(lambda client: intent_of(client.v1.payment_intents.retrieve(event.object_id)))
    payment = payment_of(intent)
    if payment is None:
        return False
    apply_intent(payment_id=payment.pk, intent=intent)
    return True


def payment_of(intent: Intent) -> Payment | None:
    """By its reference or, before the answer of its creation was stored, by the token that went along."""
    payments = Payment.objects.filter(provider=Payment.Provider.STRIPE)
    known = payments.filter(provider_reference=intent.id).first()
    if known is None and is_token(intent.token):
        known = payments.filter(token=intent.token).first()
    return known


def is_token(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def take_refund(event: StripeEvent) -> bool:
    refund = gateway.call(lambda client: client.v1.refunds.retrieve(event.object_id))
    named = (refund.to_dict().get("metadata") or {}).get("refund", "")
    ours = Refund.objects.filter(payment__provider_reference=refund.payment_intent or "-")
    known = ours.filter(provider_reference=refund.id).first()
    if known is None and is_id(named):
        known = ours.filter(pk=named, provider_reference="").first()
    if known is None:
        return False
    apply_refund(refund_id=known.pk, answer=refund_of(refund))
    return True
