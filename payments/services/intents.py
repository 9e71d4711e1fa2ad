"""Turns a provider's state into ours; browser requests, webhooks and the reconciler all go through here."""

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders.errors import CannotComplete
from orders.models import Order
from orders.services import extend_order_hold, mark_order_paid, set_being_paid
from payments import gateway
from payments.errors import IntentMismatch, PaymentUnknown
from payments.intents import Intent
from payments.models import Payment, Refund
from payments.services.postings import post_capture
from payments.services.refunds import request_refund
from payments.signals import payment_captured, payment_failed

logger = structlog.get_logger(__name__)
STATUSES = {
    "requires_payment_method": Payment.Status.REQUIRES_PAYMENT_METHOD,
    "requires_confirmation": Payment.Status.REQUIRES_PAYMENT_METHOD,
    "requires_action": Payment.Status.REQUIRES_ACTION,
    "requires_capture": Payment.Status.PROCESSING,
    "processing": Payment.Status.PROCESSING,
    "succeeded": Payment.Status.SUCCEEDED,
    "canceled": Payment.Status.CANCELLED,
}


@transaction.atomic(savepoint=False)
def lock_payment(payment_id: int) -> Payment:
    """Locks the payment's order, then the payment; `payment.order` is the locked row. Raises Payment.DoesNotExist."""
    order = Order.objects.locked().get(payments=payment_id)
    payment = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment_id)
    payment.order = order
    return payment


@transaction.atomic
def apply_intent(*, payment_id: int, intent: Intent) -> Payment:
    """Stores the provider's state, moving only forward: a payment that is over (succeeded, cancelled…) stays so.

    Success pays the order; if the order can no longer be completed, a job refunds the money.
    Raises IntentMismatch, changing nothing, for another payment's intent or another amount, currency or mode.
    """
    payment = lock_payment(payment_id)
    check_is_ours(payment, intent)
    if not payment.is_open:
        return complete_after_its_end(payment, intent)
    payment.provider_reference, payment.intent_reference = intent.id, intent.intent_id
    failed_before = payment.failure_code
    payment.failure_code, payment.failure_message = intent.failure_code, intent.failure_message
    before, payment.status = payment.status, STATUSES[intent.status]
    if not payment.is_open:
        payment.return_url = ""  # may contain the customer's session at another site
    if payment.status == Payment.Status.SUCCEEDED:
        complete(payment)
    else:
        payment.save()
    if payment.status == Payment.Status.PROCESSING != before:
        wait_for_bank(payment)
    if payment.failure_code and (payment.failure_code, payment.status) != (failed_before, before):
        payment_failed.send(sender=Payment, payment=payment)
    tell_order(payment)
    return payment


def tell_order(payment: Payment) -> None:
    """Keeps the order from expiring while a Stripe payment may succeed by itself; manual payments extend the hold."""
    if payment.provider == Payment.Provider.STRIPE:
        set_being_paid(order_id=payment.order_id, is_being_paid=payment.is_open)


def check_is_ours(payment: Payment, intent: Intent) -> None:
    """A stored reference identifies the payment; until there is one, the token sent along does."""
    known = (
        payment.provider_reference == intent.id
        if payment.provider_reference
        else payment.token.hex == intent.token
    )
    paid = (
        intent.status != "succeeded"
        or payment.provider == Payment.Provider.MANUAL
        or intent.received == payment.amount
    )
    if not (known and paid and intent.money == payment.money and intent.is_live == gateway.is_live()):
        logger.error("payment_mismatch", payment=payment.pk, intent=intent.id)
        raise IntentMismatch


def complete_after_its_end(payment: Payment, intent: Intent) -> Payment:
    """Money that arrives for a payment that was given up still pays its order, or goes back."""
    if intent.status == "succeeded" and not payment.captured_amount:
        logger.warning("payment_succeeded_after_its_end", payment=payment.pk, intent=intent.id)
        payment.provider_reference, payment.intent_reference = intent.id, intent.intent_id
        complete(payment)
        tell_order(payment)
    return payment


def complete(payment: Payment) -> None:
    """The money has arrived: pays the order, or refunds if it is too late or too much. Needs the locks."""
    capture(payment)
    if payment.is_surplus:
        request_refund(payment=payment, amount=payment.amount, reason=Refund.Reason.TOO_LATE)
        return
    try:
        mark_order_paid(order_id=payment.order_id)
    except CannotComplete:
        logger.warning("payment_too_late", payment=payment.pk, order=payment.order_id)
        request_refund(payment=payment, amount=payment.amount, reason=Refund.Reason.TOO_LATE)


def capture(payment: Payment) -> None:
    """Stores that the money is here; it is surplus if another payment has paid the order or may still pay it."""
    others = Payment.objects.filter(order=payment.order_id).exclude(pk=payment.pk)
    payment.is_surplus = payment.order.is_paid or others.live().exists()
    payment.status, payment.captured_amount = Payment.Status.SUCCEEDED, payment.amount
    payment.failure_code = payment.failure_message = ""
    payment.succeeded_at = timezone.now()
    payment.save()
    post_capture(payment)
    payment_captured.send(sender=Payment, payment=payment)


def wait_for_bank(payment: Payment) -> None:
    """A bank may take days, so the goods stay held; an order that is over is not revived for it."""
    try:
        extend_order_hold(order=payment.order, days=settings.MANUAL_HOLD_DAYS)
    except CannotComplete:
        logger.info("payment_without_hold", payment=payment.pk)


@transaction.atomic
def fail_payment(*, payment_id: int, code: str, message: str) -> Payment:
    """The provider will never take the payment, or does not know it: the order is free for another one."""
    payment = lock_payment(payment_id)
    if payment.is_open and (not payment.provider_reference or code == PaymentUnknown.code):
        payment.status = Payment.Status.FAILED
        payment.failure_code, payment.failure_message = code[:64], message[:500]
        payment.save()
        tell_order(payment)
    return payment
