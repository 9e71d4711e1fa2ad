"""Many events, many writers, two workers of which one is killed again and again: what does a reader of the log get?"""

import argparse
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import harness
from asgiref.sync import sync_to_async
from django.db import connection


async def main(events: int, writers: int) -> None:
    [product] = await sync_to_async(harness.prepare)(1)
    port = harness.free_port()
    server, workers = harness.server(port), [harness.worker(), harness.worker()]
    [client], tasks = await harness.opened(port, [product], 1)
    first = await sync_to_async(harness.log.head)()
    begun, kills = time.monotonic(), 0
    with ThreadPoolExecutor(writers) as threads:
        writing = [threads.submit(write, product, events // writers) for _ in range(writers)]
        while not all(one.done() for one in writing):
            await asyncio.sleep(4)
            harness.kill(workers[kills % 2])
            workers[kills % 2] = harness.worker()
            kills += 1
    deadline = time.monotonic() + 30
    while len(client.ids) < events and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
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
        for number in range(count):
            harness.happen(product, number)
    finally:
        connection.close()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=10_000)
    options.add_argument("--writers", type=int, default=4)
    asyncio.run(main(**vars(options.parse_args())))
