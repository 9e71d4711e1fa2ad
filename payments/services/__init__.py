"""Writes of payments. Locks are taken in one order: order, payment, refund; a seller's payout account is separate."""

from payments.services.adjusting import adjust
from payments.services.balances import balances, balances_of
from payments.services.cancelling import call_off_order, cancel_payment
from payments.services.cards import (
    delete_customer,
    forget_customer,
    remove_method,
    save_method,
    saved_methods,
)
from payments.services.catching_up import catch_up
from payments.services.closing import close_books, owed
from payments.services.confirming import begin_confirm, confirm_payment, settle_payment
from payments.services.disputes import apply_dispute, take_dispute
from payments.services.expiring import end_payment, expire_unpaid
from payments.services.fees import record_fee
from payments.services.inbox import keep_event, process_event
from payments.services.intents import apply_intent, fail_payment
from payments.services.onboarding import begin_onboarding, sync_account
from payments.services.opening import open_payment, start_payment
from payments.services.payouts import mark_payout_paid, run_payouts
from payments.services.postings import post_sale
from payments.services.reconciling import loose_ends, reconcile, unreconciled
from payments.services.refunds import (
    apply_refund,
    credit,
    refund_order,
    refund_part,
    refund_rest,
    request_refund,
    reverse_credit,
    send_refund,
)
from payments.services.requesting import ask_refund
from payments.services.scheduling import run_scheduled_payouts
from payments.services.statements import statement
from payments.services.transfers import cancel_payout, send_payout

__all__ = [
    "adjust",
    "apply_dispute",
    "apply_intent",
    "apply_refund",
    "ask_refund",
    "balances",
    "balances_of",
    "begin_confirm",
    "begin_onboarding",
    "call_off_order",
    "cancel_payment",
    "cancel_payout",
    "catch_up",
    "close_books",
    "confirm_payment",
    "credit",
    "delete_customer",
    "end_payment",
    "expire_unpaid",
    "fail_payment",
    "forget_customer",
    "keep_event",
    "loose_ends",
    "mark_payout_paid",
    "open_payment",
    "owed",
    "post_sale",
    "process_event",
    "reconcile",
    "record_fee",
    "refund_order",
    "refund_part",
    "refund_rest",
    "remove_method",
    "request_refund",
    "reverse_credit",
    "run_payouts",
    "run_scheduled_payouts",
    "save_method",
    "saved_methods",
    "send_payout",
    "send_refund",
    "settle_payment",
    "start_payment",
    "statement",
    "sync_account",
    "take_dispute",
    "unreconciled",
]
