from collections.abc import Callable
from typing import Any

from django.db import transaction

from config.shared.errors import InvalidTransition
from orders.services import mark_order_paid
from payments.intents import Intent
from payments.models import Payment
from payments.services.intents import capture, lock_payment
from payments.services.opening import charge, check_payable, fetch, has_moved


@transaction.atomic
def begin_confirm(*, payment_id: int, begin: Callable[[Payment], None]) -> Payment:
    """Checks that the payment can be confirmed, and commits that this was begun. Raises InvalidTransition."""
    payment = lock_payment(payment_id)
    check_payable(payment.order)
    if not payment.can_confirm:
        raise InvalidTransition(status=payment.status, allowed=["settle"] if payment.can_settle else [])
    begin(payment)
    return payment


def confirm_payment(
    *, payment: Payment, payment_method: str, return_url: str = "", is_retry: bool = False
) -> tuple[Payment, Intent]:
    """Tries to take the money. A decline is not an error: the payment keeps the reason and waits for another method.

    A retry first reads the result of the first try. Raises StripeDown, PaymentUnknown (the payment has failed),
    ValidationError. Not in a transaction.
    """
    if is_retry or not payment.provider_reference:
        payment, intent = fetch(payment)
        if not payment.can_confirm or (is_retry and has_moved(payment)):
            return payment, intent
    return charge(payment, payment_method=payment_method, return_url=return_url)


@transaction.atomic
def settle_payment(*, payment_id: int, by: Any) -> Payment:
    """Staff have received the money of a manual payment. Raises InvalidTransition, CannotComplete."""
    payment = lock_payment(payment_id)
    if not payment.can_settle:
        raise InvalidTransition(status=payment.status, allowed=["confirm"] if payment.can_confirm else [])
    payment.settled_by = by
    capture(payment)
    mark_order_paid(order_id=payment.order_id)
    return payment
