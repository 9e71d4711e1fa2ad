from procrastinate.contrib.django import app

from orders.services import expire_due_orders


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire_due", queue="default", queueing_lock="orders.expire_due")
def expire_due(timestamp: int) -> None:
    """Every minute: what was not paid in time gives its stock and coupon back."""
    expire_due_orders()
