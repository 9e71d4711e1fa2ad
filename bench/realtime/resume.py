"""Sockets across kill -9 of the websocket server and of Valkey, while events keep coming: what is missed after resuming?"""

import argparse
import asyncio
import time

import harness
from asgiref.sync import sync_to_async


async def main(sockets: int, seconds: int, rate: int) -> None:
    products = await sync_to_async(harness.prepare)(20)
    port = harness.free_port()
    server, worker = harness.server(port), harness.worker()
    begun = time.monotonic()
    clients, tasks = await harness.opened(port, products, sockets)
    print(f"{sockets} sockets open after {time.monotonic() - begun:.1f} s, {harness.memory(server):.0f} MB")
    first = await sync_to_async(harness.log.head)()
    writing = asyncio.ensure_future(write(products, seconds, rate))
    await asyncio.sleep(seconds / 3)
    harness.kill(server)
    print(f"uvicorn killed after {time.monotonic() - begun:.1f} s")
    server = await asyncio.to_thread(harness.server, port)
    await asyncio.sleep(seconds / 3)
    await asyncio.to_thread(harness.kill_valkey)
    print(f"Valkey killed and back after {time.monotonic() - begun:.1f} s")
    written = await writing
    await settled(clients, products, written)
    last = await sync_to_async(harness.log.head)()
    away = sum(not client.is_live for client in clients)
    missed, doubled, disordered = await sync_to_async(harness.verdict)(clients, first, last)
    frames = sum(len(client.ids) for client in clients)
    print(
        f"{written} events, {frames} frames, {sum(c.reconnects for c in clients)} reconnects, {sum(c.resyncs for c in clients)} resyncs"
    )
    print(f"clients that are not back: {away}")
    print(
        f"missed {missed}, doubled {doubled}, clients out of order {disordered}; {harness.memory(server):.0f} MB"
    )
    for task in tasks:
        task.cancel()
    harness.stop(server, worker)


async def write(products: list[int], seconds: int, rate: int) -> int:
    begun, number = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        await sync_to_async(harness.happen)(products[number % len(products)], number)
        number += 1
        await asyncio.sleep(max(0, begun + number / rate - time.monotonic()))
    return number


async def settled(clients: list[harness.Client], products: list[int], written: int) -> None:
    """Until every client has as many frames as its product had events; a minute at most, for those to come back."""
    deadline = time.monotonic() + 60
    each = [len(range(number, written, len(products))) for number in range(len(products))]
    wanted = sum(each[products.index(client.product)] for client in clients)
    while sum(len(client.ids) for client in clients) < wanted and time.monotonic() < deadline:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--sockets", type=int, default=2000)
    options.add_argument("--seconds", type=int, default=24)
    options.add_argument("--rate", type=int, default=20)
    asyncio.run(main(**vars(options.parse_args())))
