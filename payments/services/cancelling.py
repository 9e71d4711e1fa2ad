from django.db import transaction

from orders.models import Order
from payments.errors import PaymentRefused, PaymentUnknown
from payments.models import Payment, Refund
from payments.providers import provider_of
from payments.services.intents import apply_intent, fail_payment
from payments.services.refunds import refund_order


def cancel_payment(*, payment_id: int) -> Payment:
    """Calls an open payment off at its provider; one that had succeeded there completes its order instead.

    Only the provider's word makes a payment `cancelled`: money can never come in unseen. Raises StripeDown.
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
    """An order is over: what was paid goes back. Needs the order's lock.

    Returns its open payments: the caller defers their cancellation to jobs, for it asks the provider.
    """
    refund_order(order_id=order.pk, reason=Refund.Reason.ORDER_CANCELLED)
    return list(Payment.objects.open().filter(order=order).order_by("pk").values_list("pk", flat=True))
