from typing import Any

from django.dispatch import receiver

from config.shared.metrics import counts
from config.shared.registry import GAUGES
from orders.models import Order, OrderPart, Return
from orders.signals import (
    items_removed,
    order_cancelled,
    order_expired,
    order_paid,
    part_changed,
    return_received,
)
from payments import services, tasks
from payments.models import Payment, Payout, Refund, StripeEvent
from payments.signals import (
    customer_forgotten,
    event_received,
    order_refunded,
    payment_captured,
    payout_requested,
    refund_failed,
    refund_requested,
)

GAUGES["souk_payments"] = "Payments that are not decided.", lambda: counts(Payment.objects.open())
GAUGES["souk_stripe_events_waiting"] = (
    "Webhooks of Stripe that have had no effect yet.",
    lambda: counts(StripeEvent.objects.exclude(status=StripeEvent.Status.PROCESSED)),
)


@receiver(order_expired)
@receiver(order_cancelled)
def call_off(order: Order, **kwargs: Any) -> None:
    """Refunds captured money and cancels open payments; one that has succeeded meanwhile completes or is refunded."""
    for payment_id in services.call_off_order(order=order):
        tasks.cancel_intent.defer(payment_id=payment_id)


@receiver(order_paid)
def share_out(order: Order, **kwargs: Any) -> None:
    """Shares the paid money out to the sellers and the shop."""
    services.post_sale(order=order)


@receiver(part_changed)
def give_back_share(part: OrderPart, status: str, **kwargs: Any) -> None:
    """A seller cannot deliver: refunds the part's share."""
    if status == OrderPart.Status.CANCELLED:
        services.refund_part(part=part)


@receiver(items_removed)
def give_back_removed(part: OrderPart, amount: int, **kwargs: Any) -> int:
    """A seller took units out of their part: refunds their price. Returns the amount claimed."""
    return total(services.refund_part(part=part, amount=amount, reason=Refund.Reason.ITEMS_REMOVED))


@receiver(return_received)
def give_back_returned(returned: Return, amount: int, is_last: bool, **kwargs: Any) -> int:
    """Goods have come back to their seller: refunds their price. Returns the amount claimed."""
    give = services.refund_rest if is_last else services.refund_part
    return total(give(part=returned.part, amount=amount, reason=Refund.Reason.RETURNED))


def total(refunds: list[Refund]) -> int:
    return sum(refund.amount for refund in refunds)


@receiver(refund_requested)
def send_refund(refund: Refund, **kwargs: Any) -> None:
    tasks.refund_payment.defer(refund_id=refund.pk)


@receiver(order_refunded)
def ask_for_credit_note(refund: Refund, **kwargs: Any) -> None:
    tasks.issue_credit_note.defer(refund_id=refund.pk)


@receiver(refund_failed)
def ask_for_debit_note(refund: Refund, **kwargs: Any) -> None:
    tasks.reverse_credit_note.defer(refund_id=refund.pk)


@receiver(event_received)
def look_at_event(event_id: int, **kwargs: Any) -> None:
    tasks.process_stripe_event.defer(event_id=event_id)


@receiver(payment_captured)
def ask_for_fee(payment: Payment, **kwargs: Any) -> None:
    if payment.provider == Payment.Provider.STRIPE:
        tasks.record_fee.defer(payment_id=payment.pk)


@receiver(payout_requested)
def send_payout(payout: Payout, **kwargs: Any) -> None:
    tasks.send_payout.defer(payout_id=payout.pk)


@receiver(customer_forgotten)
def delete_customer(reference: str, **kwargs: Any) -> None:
    tasks.delete_customer.defer(reference=reference)
