from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from config.shared.errors import InvalidTransition
from config.shared.postgres import writes
from config.shared.postgres.compiled import Blank, Compiled
from orders.models import Order
from orders.services import allow_shipping_unpaid, extend_order_hold, locked_order
from payments.errors import PaymentInProgress, PaymentRefused, PaymentUnknown
from payments.intents import Intent
from payments.models import Payment
from payments.providers import PROVIDERS, provider_of
from payments.services.cancelling import cancel_payment
from payments.services.cards import known_customer
from payments.services.intents import apply_intent, fail_payment, tell_order

ORDER: Any = Blank("order")
OPEN = Compiled(lambda: Payment.objects.open().filter(order=ORDER).order_by("pk"))


def open_payment(
    *, order_id: int, provider: str, method: str = "", return_url: str = "", begin: Callable[[Payment], None]
) -> Payment:
    """The order's open payment of this kind, or a new one; cancels an open payment of another kind first.

    `begin(payment)` runs in the transaction that commits the row. Raises InvalidTransition if the order cannot be paid,
    PaymentInProgress if the other payment can no longer be cancelled, StripeDown. Not in a transaction.
    """
    asked = {"provider": provider, "method": method, "return_url": return_url}
    try:
        return commit_payment(order_id=order_id, begin=begin, **asked)
    except PaymentInProgress:
        call_off_others(order_id, provider=provider, method=method)
    return commit_payment(order_id=order_id, begin=begin, **asked)


def call_off_others(order_id: int, **kind: str) -> None:
    """Raises PaymentInProgress, StripeDown."""
    for other in Payment.objects.open().filter(order_id=order_id).exclude(**kind):
        if other.method == Payment.Method.CASH_ON_DELIVERY:
            raise PaymentInProgress("Cash on delivery was chosen: the goods may be on their way.")
        cancel_payment(payment_id=other.pk)


@transaction.atomic
def commit_payment(
    *, order_id: int, provider: str, method: str, return_url: str, begin: Callable[[Payment], None]
) -> Payment:
    """Commits what will be asked of the provider, before it is asked."""
    order = locked_order(order_id)
    check_payable(order)
    payment = next(iter(OPEN.rows(order=order_id)), None)
    if payment is None:
        payment = Payment(
            order=order,
            provider=provider,
            method=method,
            amount=order.total_amount,
            currency=order.currency,
            return_url=return_url,
        )
        writes.insert(payment)
        if provider == Payment.Provider.STRIPE and (customer := known_customer(payment)):
            payment.customer_reference = customer
            payment.save(update_fields=["customer_reference"])
        allow_time(payment, order)
        tell_order(payment)
    elif (payment.provider, payment.method) != (provider, method):
        raise PaymentInProgress
    begin(payment)
    return payment


def check_payable(order: Order) -> None:
    if order.status != Order.Status.PENDING_PAYMENT:
        raise InvalidTransition(status=order.status, allowed=[])


def allow_time(payment: Payment, order: Order) -> None:
    """Staff need days to see the money of a manual payment; cash on delivery is paid after shipping."""
    if payment.provider == Payment.Provider.MANUAL:
        extend_order_hold(order=order, days=settings.MANUAL_HOLD_DAYS)
    if payment.method == Payment.Method.CASH_ON_DELIVERY:
        allow_shipping_unpaid(order=order)


def start_payment(
    *, payment: Payment, payment_method: str = "", return_url: str = "", is_retry: bool = False
) -> tuple[Payment, Intent | None]:
    """Asks the provider for its side of a committed payment and, given a method, tries to take the money.

    A retry does not confirm again once the bank has been asked. Manual payments have no provider's side.
    Raises PaymentRefused, PaymentUnknown (the payment has failed), StripeDown (ask again). Not in a transaction.
    """
    if payment.status == Payment.Status.FAILED:
        raise PaymentRefused(payment.failure_message, code=payment.failure_code)
    if payment.provider == Payment.Provider.MANUAL:
        return payment, None
    payment, intent = fetch(payment)
    if payment_method and payment.can_confirm and not (is_retry and has_moved(payment)):
        return charge(payment, payment_method=payment_method, return_url=return_url)
    return payment, intent


def has_moved(payment: Payment) -> bool:
    """Whether the first try got as far as the customer's bank."""
    return bool(payment.failure_code) or payment.status == Payment.Status.REQUIRES_ACTION


def fetch(payment: Payment) -> tuple[Payment, Intent]:
    """The payment as the provider has it; stores and raises a final refusal."""
    with failing(payment):
        intent = provider_of(payment).fetch(payment)
    return apply_intent(payment_id=payment.pk, intent=intent), intent


def charge(payment: Payment, *, payment_method: str, return_url: str) -> tuple[Payment, Intent]:
    """Tries to take the money; stores and raises as `fetch`."""
    with failing(payment):
        name_customer(payment)
        intent = provider_of(payment).confirm(payment, payment_method=payment_method, return_url=return_url)
    return apply_intent(payment_id=payment.pk, intent=intent), intent


def name_customer(payment: Payment) -> None:
    """Lets a card that was saved after the payment began pay it, too."""
    customer = known_customer(payment)
    if customer and not payment.customer_reference:
        PROVIDERS[Payment.Provider.STRIPE].adopt(payment, customer)
        Payment.objects.filter(pk=payment.pk).update(customer_reference=customer)


@contextmanager
def failing(payment: Payment) -> Iterator[None]:
    """Marks a payment failed that the provider refuses for good or does not know: the order is free for another."""
    try:
        yield
    except (PaymentRefused, PaymentUnknown) as refusal:
        fail_payment(payment_id=payment.pk, code=refusal.code, message=str(refusal.detail))
        raise
