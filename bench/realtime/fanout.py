"""One product that everybody watches: from the commit to each socket, how long, how much CPU and memory, anything lost?"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import harness

HERE = Path(__file__).resolve().parent


def watchers(port: int, product: int, sockets: int, events: int) -> subprocess.Popen:
    """The clients, all of them ready; they are a process of their own."""
    command = [
        sys.executable,
        str(HERE / "watchers.py"),
        *(str(part) for part in (port, product, sockets, events)),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def write(product: int, events: int, rate: float) -> None:
    begun = time.monotonic()
    for number in range(events):
        harness.happen(product, number)
        time.sleep(max(0, begun + (number + 1) / rate - time.monotonic()))


def main(sockets: int, events: int, rate: float) -> dict:
    harness.raise_limit_of_files()
    [product] = harness.prepare(1)
    port = harness.free_port()
    server, worker = harness.server(port), harness.worker()
    warm = watchers(port, product, 10, 1)
    harness.happen(product, 0)
    warm.stdout.readline()
    empty, first = harness.memory(server), harness.log.head()
    clients = watchers(port, product, sockets, events)
    full, before = harness.memory(server), harness.cpu(server)
    write(product, events, rate)
    told = json.loads(clients.stdout.readline())
    spent = harness.cpu(server) - before
    figures = report(told, range(first + 1, first + events + 1), spent) | {
        "memory_mb": round(full), "memory_after_mb": round(harness.memory(server)),
        "kb_a_socket": round(1024 * (full - empty) / sockets, 1),
    }  # fmt: skip
    for process in (warm, clients):
        process.stdin.close()
        process.wait()
    harness.stop(server, worker)
    return figures


def report(told: dict, expected: range, spent: float) -> dict:
    """Milliseconds are from the commit; `last_ms` is when the last socket had a frame, in the worst case."""
    positions, delays = told["positions"], told["delays"]
    frames = len(delays)
    return {
        "sockets": len(positions), "events": len(expected), "frames": frames,
        "missed": sum(len(set(expected) - set(mine)) for mine in positions),
        "doubled": frames - sum(len(set(mine)) for mine in positions),
        "out_of_order": sum(mine != sorted(mine) for mine in positions),
        "p50_ms": round(harness.percentile(delays, 0.5)), "p99_ms": round(harness.percentile(delays, 0.99)),
        "last_ms": round(told["last"][-1]), "last_median_ms": round(harness.percentile(told["last"], 0.5)),
        "microseconds_a_frame": round(1e6 * spent / frames, 1),
    }  # fmt: skip


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--events", type=int, default=60)
    options.add_argument("--rate", type=float, default=4)
    options.add_argument("--json", action="store_true", help="all figures in one line")
    given = vars(options.parse_args())
    in_one_line = given.pop("json")
    figures = main(**given)
    for line in (
        [json.dumps(figures)] if in_one_line else (f"{name}: {value}" for name, value in figures.items())
    ):
        print(line)
