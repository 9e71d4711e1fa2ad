"""Orders whose hold has run out while a Stripe payment was open: Stripe is asked before anything is given up."""

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
    """Ends the open payments of overdue orders, and with them the orders; returns how many were looked at.

    Stops at the first sign that Stripe is down: after 15 minutes orders' own sweep no longer waits for it. Any other
    failure is logged and concerns one order. Not in a transaction.
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
    """Without those that are being written now: they may just have been paid."""
    rows = Payment.objects.open().filter(provider=Payment.Provider.STRIPE, order__in=Order.objects.due())
    free = rows.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=True)
    return list(free.values_list("pk", flat=True)[:BATCH])


def end_payment(*, payment_id: int) -> Payment:
    """Calls the payment off. Succeeded meanwhile, it pays its order; at a bank, it is waited for; else the order ends.

    Raises StripeDown. Not in a transaction.
    """
    payment = cancel_payment(payment_id=payment_id)
    if payment.status == Payment.Status.PROCESSING:
        return leave_to_bank(payment_id=payment_id)
    if not payment.is_open:
        expire_order(order_id=payment.order_id)  # nothing happens to one that is paid
    return payment


@transaction.atomic
def leave_to_bank(*, payment_id: int) -> Payment:
    """Under the locks: the order may have been cancelled, and the payment decided, since the provider was asked."""
    payment = lock_payment(payment_id)
    if payment.status == Payment.Status.PROCESSING:
        wait_for_bank(payment)
    return payment
