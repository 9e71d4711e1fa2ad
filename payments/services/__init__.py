"""Writes of payments. Locks are taken in one order: order, payment, refund."""

from payments.services.cancelling import call_off_order, cancel_payment
from payments.services.confirming import begin_confirm, confirm_payment, settle_payment
from payments.services.expiring import end_payment, expire_unpaid
from payments.services.inbox import keep_event, process_event
from payments.services.intents import apply_intent, fail_payment
from payments.services.opening import open_payment, start_payment
from payments.services.reconciling import reconcile
from payments.services.refunds import (
    apply_refund,
    credit,
    refund_order,
    refund_part,
    request_refund,
    send_refund,
)
from payments.services.requesting import ask_refund

__all__ = [
    "apply_intent",
    "apply_refund",
    "ask_refund",
    "begin_confirm",
    "call_off_order",
    "cancel_payment",
    "confirm_payment",
    "credit",
    "end_payment",
    "expire_unpaid",
    "fail_payment",
    "keep_event",
    "open_payment",
    "process_event",
    "reconcile",
    "refund_order",
    "refund_part",
    "request_refund",
    "send_refund",
    "settle_payment",
    "start_payment",
]
