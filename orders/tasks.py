from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orders.services import deliver_overdue_parts, expire_due_orders, issue_invoice


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire_due", queue="default", queueing_lock="orders.expire_due")
def expire_due(timestamp: int) -> None:
    """Every minute: orders that were not paid in time give back their stock and coupon."""
    expire_due_orders()


@app.periodic(cron="17 * * * *")
@app.task(name="orders.deliver_overdue", queue="default", queueing_lock="orders.deliver_overdue")
def deliver_overdue(timestamp: int) -> None:
    """Every hour: parts that were shipped long ago and never reported as delivered count as delivered."""
    deliver_overdue_parts()


@app.task(
    name="orders.issue_invoice", queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=3)
)
def invoice(order_id: int) -> None:
    """In its own transaction, so that the counter of invoice numbers is locked only briefly."""
    issue_invoice(order_id=order_id)
