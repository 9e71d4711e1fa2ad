from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from config.shared.jobs import INTERRUPTED
from payments import services
from payments.errors import StripeDown

# Retries while Stripe is down; after that the reconciler takes over.
PATIENCE = RetryStrategy(max_attempts=6, exponential_wait=3, retry_exceptions={StripeDown})
LONG_PATIENCE = RetryStrategy(max_attempts=50, wait=3600, retry_exceptions={StripeDown})  # nothing takes over


@app.task(name="payments.process_stripe_event", queue="default", retry=PATIENCE)
def process_stripe_event(event_id: int) -> None:
    services.process_event(event_id=event_id)


@app.task(name="payments.cancel_intent", queue="default", retry=PATIENCE)
def cancel_intent(payment_id: int) -> None:
    services.cancel_payment(payment_id=payment_id)


@app.task(name="payments.refund_payment", queue="default", retry=PATIENCE)
def refund_payment(refund_id: int) -> None:
    services.send_refund(refund_id=refund_id)


@app.task(
    name="payments.issue_credit_note",
    queue="default",
    retry=RetryStrategy(max_attempts=5, exponential_wait=3),
)
def issue_credit_note(refund_id: int) -> None:
    services.credit(refund_id=refund_id)


@app.task(
    name="payments.reverse_credit_note",
    queue="default",
    retry=RetryStrategy(max_attempts=5, exponential_wait=3),
)
def reverse_credit_note(refund_id: int) -> None:
    services.reverse_credit(refund_id=refund_id)


@app.task(name="payments.record_fee", queue="default", retry=PATIENCE)
def record_fee(payment_id: int) -> None:
    services.record_fee(payment_id=payment_id)


@app.task(name="payments.send_payout", queue="default", retry=PATIENCE)
def send_payout(payout_id: int) -> None:
    services.send_payout(payout_id=payout_id)


@app.task(name="payments.delete_customer", queue="default", retry=LONG_PATIENCE)
def delete_customer(reference: str) -> None:
    services.delete_customer(reference=reference)


@app.periodic(cron="0 * * * *")
@app.task(
    name="payments.run_payouts", queue="default", queueing_lock="payments.run_payouts", retry=INTERRUPTED
)
def run_payouts(timestamp: int) -> None:
    """Every hour: due scheduled payouts, if any. Hourly, because a run that is ten minutes late is dropped."""
    services.run_scheduled_payouts(timestamp=timestamp)


@app.periodic(cron="* * * * *")
@app.task(name="payments.reconcile", queue="default", queueing_lock="payments.reconcile")
def reconcile(timestamp: int) -> None:
    """Every minute, thoroughly on the hour: with a million payments that takes a second."""
    services.reconcile(is_thorough=timestamp % 3600 == 0)


@app.periodic(cron="* * * * *")
@app.task(name="payments.expire_unpaid", queue="default", queueing_lock="payments.expire_unpaid")
def expire_unpaid(timestamp: int) -> None:
    """Every minute: overdue orders with an open Stripe payment; orders expires those without one."""
    services.expire_unpaid()


@app.periodic(cron="20 * * * *")
@app.task(
    name="payments.close_books", queue="default", queueing_lock="payments.close_books", retry=INTERRUPTED
)
def close_books(timestamp: int) -> None:
    """Every hour: closes the ledger's days that are over, if any."""
    services.close_books(timestamp=timestamp)
