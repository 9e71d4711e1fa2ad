"""Sending. Jobs only say which endpoint has something due; the deliveries themselves say what, and when to retry."""

from procrastinate.contrib.django import app

from config.shared.webhooks import delivery
from config.shared.webhooks.queue import DELIVER, QUEUE, wake


@app.task(name=DELIVER, queue=QUEUE)
def deliver(endpoint_id: int) -> None:
    """Sends what is due to one endpoint, in order; continues in another job if it takes long."""
    if delivery.send_due(endpoint_id=endpoint_id):
        wake([endpoint_id])


@app.periodic(cron="* * * * *")
@app.task(name="webhooks.retry", queue="default", queueing_lock="webhooks.retry")
def retry(timestamp: int) -> None:
    """Once a minute: wakes endpoints whose deliveries are due again or were left by a killed worker."""
    delivery.give_up_expired()
    wake(delivery.endpoints_with_due())
