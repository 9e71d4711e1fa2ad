"""Connections that come and go without end: does the websocket process give its memory back?"""

import argparse
import asyncio

import harness
from asgiref.sync import sync_to_async


async def main(rounds: int, at_once: int) -> None:
    [product] = await sync_to_async(harness.prepare)(1)
    port = harness.free_port()
    server, worker = harness.server(port), harness.worker()
    address = f"ws://127.0.0.1:{port}/ws/v1/inventory?product={product}"
    print(f"start {harness.memory(server):.0f} MB")
    for number in range(1, rounds + 1):
        await asyncio.gather(*(visit(address, rude=seat % 2 == 0) for seat in range(at_once)))
        if number % max(1, rounds // 10) == 0:
            print(f"{number * at_once:6} connections: {harness.memory(server):.0f} MB")
    harness.stop(server, worker)


async def visit(address: str, *, rude: bool) -> None:
    """Connects, hears `ready`, and leaves; half of them without a word."""
    try:
        wire = await harness.connect(address, compression=None, open_timeout=30, ping_interval=None)
        await wire.recv()
        if rude:
            wire.transport.abort()
        else:
            await wire.close()
    except harness.GONE:
        pass


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--at-once", type=int, default=200)
    asyncio.run(main(**vars(options.parse_args())))
