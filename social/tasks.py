from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from social import services

RETRY = RetryStrategy(max_attempts=5, exponential_wait=5)
BATCHES = 20  # of followers; then other jobs have their turn
ROWS_A_MINUTE = 2000


@app.task(name="social.send_mails", queue="default", retry=RETRY)
def send_mails(notifications: list[int]) -> None:
    services.send_mails(notifications=notifications)


@app.periodic(cron="* * * * *")
@app.task(name="social.send_due_mails", queue="default", queueing_lock="social.send_due_mails")
def send_due_mails(timestamp: int) -> None:
    """Every minute: digests, what may have merged, and what could not go out before."""
    services.send_due_mails(most=ROWS_A_MINUTE)


@app.task(name="social.tell_followers", queue="default", retry=RETRY, priority=-10)
def tell_followers(seller_id: int) -> None:
    """One at a time a shop (see `receivers`); a long way is gone in stages."""
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
    """Once a night."""
    services.compute_also_bought()
