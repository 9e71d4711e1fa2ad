"""One product that everybody watches: from the commit to each socket, how long, how much memory, anything lost?"""

import argparse
import asyncio
import time

import harness
from asgiref.sync import sync_to_async


async def main(sockets: int, events: int, rate: float) -> None:
    [product] = await sync_to_async(harness.prepare)(1)
    port = harness.free_port()
    server, worker = harness.server(port), harness.worker()
    _, tasks = await harness.opened(port, [product], 10)
    await sync_to_async(harness.happen)(product, 0)
    await asyncio.sleep(3)
    empty = harness.memory(server)
    clients, more = await harness.opened(port, [product], sockets)
    full = harness.memory(server)
    first = await sync_to_async(harness.log.head)()
    begun = time.monotonic()
    for number in range(events):
        await sync_to_async(harness.happen)(product, number)
        await asyncio.sleep(max(0, begun + (number + 1) / rate - time.monotonic()))
    deadline = time.monotonic() + 15
    while any(len(client.ids) < events for client in clients) and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    told = [pair for client in clients for pair in zip(client.ids, client.delays, strict=True)]
    delays = [delay for position, delay in told if position > first]  # not the one that warmed up
    missed, doubled, _ = await sync_to_async(harness.verdict)(clients, first, first + events)
    share = {
        name: 1000 * harness.percentile(delays, part)
        for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1))
    }
    print(
        f"{sockets} sockets, {events} events at {rate}/s: {len(delays)} frames, missed {missed}, doubled {doubled}"
    )
    print("commit to client, ms: " + ", ".join(f"{name} {value:.0f}" for name, value in share.items()))
    print(
        f"memory: {empty:.0f} MB with ten sockets, {full:.0f} MB with all: {1024 * (full - empty) / sockets:.1f} KB a socket; {harness.memory(server):.0f} MB after"
    )
    for task in [*tasks, *more]:
        task.cancel()
    harness.stop(server, worker)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--events", type=int, default=60)
    options.add_argument("--rate", type=float, default=4)
    asyncio.run(main(**vars(options.parse_args())))
