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


def main(sockets: int, events: int, rate: float) -> None:
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
    report(told, range(first + 1, first + events + 1), spent, rate)
    print(
        f"memory: {empty:.0f} MB with ten sockets, {full:.0f} MB with all: {1024 * (full - empty) / sockets:.1f} KB a socket; {harness.memory(server):.0f} MB after"
    )
    for process in (warm, clients):
        process.stdin.close()
        process.wait()
    harness.stop(server, worker)


def report(told: dict, expected: range, spent: float, rate: float) -> None:
    positions, delays = told["positions"], told["delays"]
    frames = len(delays)
    missed = sum(len(set(expected) - set(mine)) for mine in positions)
    doubled = frames - sum(len(set(mine)) for mine in positions)
    disordered = sum(mine != sorted(mine) for mine in positions)
    print(
        f"{len(positions)} sockets, {len(expected)} events at {rate}/s: {frames} frames, missed {missed}, doubled {doubled}, sockets out of order {disordered}"
    )
    share = {
        name: harness.percentile(delays, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1))
    }
    print("commit to client, ms: " + ", ".join(f"{name} {value:.0f}" for name, value in share.items()))
    print(
        f"the last client, ms: median {harness.percentile(told['last'], 0.5):.0f}, worst {told['last'][-1]:.0f}"
    )
    print(f"CPU of the websocket process: {1e6 * spent / frames:.1f} microseconds a frame")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--events", type=int, default=60)
    options.add_argument("--rate", type=float, default=4)
    main(**vars(options.parse_args()))
