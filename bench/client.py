"""Load without wrk: asyncio streams, one request after another on each connection. Slower than wrk, so it says less of the limit."""

import asyncio
import random
import time
from urllib.parse import urlsplit


async def ask(base: str, paths: list[str], *, seconds: float, connections: int) -> dict[str, float]:
    """As `machine.load` answers: requests, seconds, latencies in ms, errors."""
    begun, taken, errors = time.perf_counter(), list[float](), list[str]()
    ends = begun + seconds
    await asyncio.gather(
        *(one(base, paths, ends=ends, taken=taken, errors=errors, seed=seed) for seed in range(connections))
    )
    taken.sort()
    return {
        "requests": len(taken), "seconds": time.perf_counter() - begun, "errors": len(errors),
        "p50": 1000 * taken[len(taken) // 2], "p99": 1000 * taken[len(taken) * 99 // 100],
    }  # fmt: skip


async def one(
    base: str, paths: list[str], *, ends: float, taken: list[float], errors: list[str], seed: int
) -> None:
    """One connection until the time is over."""
    choose, address = random.Random(seed), urlsplit(base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    while (begun := time.perf_counter()) < ends:
        path = choose.choice(paths)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        status = await answered(reader)
        taken.append(time.perf_counter() - begun)
        if status >= 400:
            errors.append(path)
    writer.close()


async def answered(reader: asyncio.StreamReader) -> int:
    """The status of an answer, which is read to its end; both servers tell its length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length: ")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head.split()[1])
