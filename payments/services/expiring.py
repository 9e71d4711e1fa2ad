"""Orders whose hold has run out while a Stripe payment is open: Stripe is asked before the order expires."""

import structlog
from django.db import transaction

from orders.models import Order
from orders.services import expire_order
from payments.errors import StripeDown
from payments.models import Payment
from payments.services.cancelling import cancel_payment
from payments.services.intents import lock_payment, wait_for_bank

logger = structlog.get_logger(__name__)
BATCH = 100


def expire_unpaid() -> int:
    """Ends the open payments of overdue orders, and the orders with them; returns how many were handled.

    Stops at the first StripeDown: orders' own job expires the order 15 minutes after its hold anyway. Any other failure
    is logged and affects one order. Not in a transaction.
    """
    done = 0
    for payment_id in overdue():
        try:
            end_payment(payment_id=payment_id)
            done += 1
        except StripeDown:
            logger.warning("expiry_interrupted", done=done)
            break
        except Exception:
            logger.exception("payment_not_ended", payment=payment_id)
    return done


@transaction.atomic
def overdue() -> list[int]:
    """Skips locked payments: they may just have been paid."""
    rows = Payment.objects.open().filter(provider=Payment.Provider.STRIPE, order__in=Order.objects.due())
    free = rows.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=True)
    return list(free.values_list("pk", flat=True)[:BATCH])


def end_payment(*, payment_id: int) -> Payment:
    """Cancels the payment. If it has succeeded it pays its order, if a bank has it the order waits; else the order ends.

    Raises StripeDown. Not in a transaction.
    """
    payment = cancel_payment(payment_id=payment_id)
    if payment.status == Payment.Status.PROCESSING:
        return leave_to_bank(payment_id=payment_id)
    if not payment.is_open:
        expire_order(order_id=payment.order_id)  # does nothing to a paid order
    return payment


@transaction.atomic
def leave_to_bank(*, payment_id: int) -> Payment:
    """Extends the hold under the locks, if the payment is still with the bank: it may have changed since the answer."""
    payment = lock_payment(payment_id)
    if payment.status == Payment.Status.PROCESSING:
        wait_for_bank(payment)
    return payment
