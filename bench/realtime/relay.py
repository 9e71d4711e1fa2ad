"""Many events, many writers, two workers of which one is killed again and again: what does a reader of the log get?"""

import argparse
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import harness
from asgiref.sync import sync_to_async
from django.db import connection

BATCH = 5  # events in a transaction, as an order of a few lines writes them


async def main(events: int, writers: int, interval: float) -> None:
    [product] = await sync_to_async(harness.prepare)(1)
    port = harness.free_port()
    server, workers = harness.server(port), [harness.worker(), harness.worker()]
    [client], tasks = await harness.opened(port, [product], 1)
    first = await sync_to_async(harness.log.head)()
    begun, kills = time.monotonic(), 0
    with ThreadPoolExecutor(writers) as threads:
        writing = [threads.submit(write, product, events // writers) for _ in range(writers)]
        while not all(one.done() for one in writing):
            await asyncio.sleep(interval)
            harness.kill(workers[kills % 2])
            workers[kills % 2] = harness.worker()
            kills += 1
    deadline = time.monotonic() + 60  # a worker that has just been started has to come up first
    while len(client.ids) < events and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    print(f"not yet placed: {await sync_to_async(harness.unplaced)()}")
    got = [position - first for position in client.ids]
    print(
        f"{events} events by {writers} writers in {time.monotonic() - begun:.0f} s, a relay killed {kills} times"
    )
    print(
        f"lost {events - len(set(got))}, twice {len(got) - len(set(got))}, in order {got == sorted(got)}, without gap {got == list(range(1, events + 1))}"
    )
    for task in tasks:
        task.cancel()
    harness.stop(server, *workers)


def write(product: int, count: int) -> None:
    try:
        for number in range(0, count, BATCH):
            harness.happen(product, *range(number, min(count, number + BATCH)))
    finally:
        connection.close()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=10_000)
    options.add_argument("--writers", type=int, default=4)
    options.add_argument("--interval", type=float, default=6, help="seconds between two kills")
    asyncio.run(main(**vars(options.parse_args())))
