import contextlib
import time

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from social import services

RETRY = RetryStrategy(max_attempts=5, exponential_wait=5)
BATCHES = 20  # followers' batches per job, so that other jobs can run
ROWS_A_MINUTE = 2000


@app.periodic(cron="* * * * *")
@app.task(name="social.send_due_mails", queue="default", queueing_lock="social.send_due_mails")
def send_due_mails(timestamp: int) -> None:
    """Runs every minute, and when `ask_for_mails` finds due rows: one job for all mails of a second."""
    services.send_due_mails(most=ROWS_A_MINUTE)


def ask_for_mails() -> int:
    """Runs every second (see `receivers`). The rows are the outbox, so a lost worker loses no mail."""
    if not services.are_mails_due():
        return 0
    with contextlib.suppress(AlreadyEnqueued):
        send_due_mails.defer(timestamp=int(time.time()))
    return 1


@app.task(name="social.tell_followers", queue="default", retry=RETRY, priority=-10)
def tell_followers(seller_id: int) -> None:
    """One job at a time per shop (see `receivers`); a long delivery is split into several jobs."""
    if services.tell_followers(seller_id=seller_id, batches=BATCHES):
        defer_telling(seller_id)


def defer_telling(seller_id: int) -> None:
    tell_followers.configure(lock=f"social.tell_followers:{seller_id}").defer(seller_id=seller_id)


@app.task(name="social.tell_of_low_stock", queue="default", retry=RETRY)
def tell_of_low_stock(variant_id: int, location_id: int, available: int) -> None:
    services.tell_of_low_stock(variant_id=variant_id, location_id=location_id, available=available)


@app.task(name="social.alert_watchers", queue="default", retry=RETRY)
def alert_watchers(product_id: int) -> None:
    services.alert_watchers(product_id=product_id)


@app.periodic(cron="37 2 * * *")
@app.task(name="social.compute_also_bought", queue="default", queueing_lock="social.compute_also_bought")
def compute_also_bought(timestamp: int) -> None:
    """Runs nightly."""
    services.compute_also_bought()
