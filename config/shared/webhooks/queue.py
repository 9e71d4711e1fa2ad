"""The queue of its own, so that receivers that hang delay nothing else."""

from collections.abc import Iterable

from procrastinate.contrib.django import app

QUEUE, DELIVER = "webhooks", "webhooks.deliver"


def wake(endpoint_ids: Iterable[int]) -> None:
    """Has sent what is due. One job at a time for each endpoint: its order is kept, and one that hangs takes no more
    than one worker. Call it in the transaction that makes something due."""
    for endpoint_id in sorted(endpoint_ids):
        job = app.configure_task(DELIVER, queue=QUEUE, lock=f"webhook:{endpoint_id}")
        job.defer(endpoint_id=endpoint_id)
