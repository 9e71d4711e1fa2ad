"""Sending. Jobs say only which endpoint has something due: what, and when again, is in the deliveries themselves."""

from procrastinate.contrib.django import app

from config.shared.webhooks import delivery
from config.shared.webhooks.queue import DELIVER, QUEUE, wake


@app.task(name=DELIVER, queue=QUEUE)
def deliver(endpoint_id: int) -> None:
    """Sends what is due to one endpoint, in order; goes on in another job when it takes long."""
    if delivery.send_due(endpoint_id=endpoint_id):
        wake([endpoint_id])


@app.periodic(cron="* * * * *")
@app.task(name="webhooks.retry", queue="default", queueing_lock="webhooks.retry")
def retry(timestamp: int) -> None:
    """Once a minute: what has become due again, and what was left by a worker that was killed."""
    delivery.give_up_expired()
    wake(delivery.endpoints_with_due())
