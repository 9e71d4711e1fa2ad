from django.db import transaction

from orders.models import Order
from payments.errors import PaymentRefused, PaymentUnknown
from payments.models import Payment, Refund
from payments.providers import provider_of
from payments.services.intents import apply_intent, fail_payment
from payments.services.refunds import refund_order


def cancel_payment(*, payment_id: int) -> Payment:
    """Cancels an open payment at its provider; if it has succeeded there, completes its order instead.

    Only the provider's answer makes a payment `cancelled`, so money can never arrive unnoticed. Raises StripeDown.
    Not in a transaction.
    """
    payment = Payment.objects.get(pk=payment_id)
    if not payment.is_open:
        return payment
    try:
        intent = provider_of(payment).cancel(payment)
    except (PaymentRefused, PaymentUnknown) as refusal:
        return fail_payment(payment_id=payment_id, code=refusal.code, message=str(refusal.detail))
    return apply_intent(payment_id=payment_id, intent=intent)


@transaction.atomic
def call_off_order(*, order: Order) -> list[int]:
    """Refunds what was paid for an order that is over. Needs the order's lock.

    Returns the ids of its open payments: the caller defers jobs to cancel them, because that asks the provider.
    """
    refund_order(order_id=order.pk, reason=Refund.Reason.ORDER_CANCELLED)
    return list(Payment.objects.open().filter(order=order).order_by("pk").values_list("pk", flat=True))
