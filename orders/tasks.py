from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orders.services import deliver_overdue_parts, expire_due_orders, issue_invoice


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire_due", queue="default", queueing_lock="orders.expire_due")
def expire_due(timestamp: int) -> None:
    """Every minute: what was not paid in time gives its stock and coupon back."""
    expire_due_orders()


@app.periodic(cron="17 * * * *")
@app.task(name="orders.deliver_overdue", queue="default", queueing_lock="orders.deliver_overdue")
def deliver_overdue(timestamp: int) -> None:
    """Every hour: what was shipped long ago, and of which its seller said no more, counts as delivered."""
    deliver_overdue_parts()


@app.task(
    name="orders.issue_invoice", queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=3)
)
def invoice(order_id: int) -> None:
    """In a transaction of its own: the next number waits for nothing but this."""
    issue_invoice(order_id=order_id)
