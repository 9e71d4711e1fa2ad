"""A queue of its own for webhooks, so that receivers that hang delay nothing else."""

from collections.abc import Iterable

from procrastinate.contrib.django import app

QUEUE, DELIVER = "webhooks", "webhooks.deliver"


def wake(endpoint_ids: Iterable[int]) -> None:
    """Queues a job to send what is due. Each endpoint has one job at a time, so its order is kept and an endpoint that
    hangs occupies only one worker. Call it in the transaction that makes a delivery due."""
    for endpoint_id in sorted(endpoint_ids):
        job = app.configure_task(DELIVER, queue=QUEUE, lock=f"webhook:{endpoint_id}")
        job.defer(endpoint_id=endpoint_id)
