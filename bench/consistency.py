"""Reads while random writes commit, and counts the answers that were older than a write that had committed before.

    python bench/consistency.py --seconds 60
    python bench/consistency.py --seconds 20 --control      # the versions are not told to the cache: it must find stale answers

A server is started on the embedded services; writers use every path (see `writes`), readers ask over HTTP. What a reader saw
must be a state that held at some moment between its question and its answer. The exit code is 1 when one did not; with
`--control` when all did.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from typing import Any

import orjson
from machine import PROJECT, free_port, running
from reads import web
from writes import State, Subject, make_subjects, write

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PACE = 6.0  # writes a second, of all writers


class Reader:
    def __init__(self, host: str, subjects: list[Subject], seed: int) -> None:
        self.host, self.subjects, self.choose = host, subjects, random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.stale: list[str] = []

    def read(self, client: HTTPConnection) -> None:
        subject = self.choose.choice(self.subjects)
        category = subject.states[-1].category
        path = self.choose.choice([
            f"/api/v1/products/{subject.id}", f"/api/v1/products/{subject.slug}", f"/api/v1/products?seller={subject.seller_id}",
            f"/api/v1/products?category={category}&limit=100", "/api/v1/products?limit=50",
        ])  # fmt: skip
        floors = [one.floor for one in self.subjects]
        client.request("GET", path)
        response = client.getresponse()
        body = orjson.loads(response.read())
        self.counts[response.headers["X-Cache"]] += 1
        rows = {row["id"]: row for row in body.get("results", [body] if response.status == 200 else [])}
        is_whole = "results" not in body or "category=" in path or "seller=" in path
        for one, floor in zip(self.subjects, floors, strict=True):
            if str(one.id) in rows or (is_whole and one is subject):
                self.judge(path, one, floor, rows.get(str(one.id)), category if "category=" in path else "")

    def judge(self, path: str, subject: Subject, floor: int, row: Any, category: str) -> None:
        """`category` is the one whose products were asked for."""
        self.counts["judged"] += 1
        possible = subject.states[floor:]
        seen = row and State(
            row["title"], row["price"]["amount"], row["available"], True, row["category"]["slug"], row["brand"]["name"]
        )  # fmt: skip
        if row is None:
            is_right = any(not state.public or category not in {"", state.category} for state in possible)
        else:
            is_right = seen in possible and category in {"", seen.category}
        if not is_right:
            self.stale.append(f"{path}: {seen} after {possible[:3]}")


def hammer(
    base: str, subjects: list[Subject], *, reads: int, readers: int, writers: int, seconds: int
) -> tuple[Counter[str], list[str], Counter[str]]:
    from django.db import connections

    ends = time.monotonic() + seconds
    done, written, host = threading.Event(), Counter[str](), base.removeprefix("http://")
    team = [Reader(host, subjects, seed) for seed in range(readers)]

    def keep_writing(seed: int) -> None:
        choose = random.Random(seed)
        while not done.is_set():
            written[write(choose.choice(subjects), choose)] += 1
            time.sleep(choose.expovariate(PACE / writers))
        connections.close_all()

    def keep_reading(reader: Reader) -> None:
        client = HTTPConnection(host)
        for _ in range(reads // readers):
            if time.monotonic() > ends:
                return
            reader.read(client)

    threads = [threading.Thread(target=keep_writing, args=(seed,), daemon=True) for seed in range(writers)]
    asking = [threading.Thread(target=keep_reading, args=(reader,), daemon=True) for reader in team]
    for thread in [*threads, *asking]:
        thread.start()
    for thread in asking:
        thread.join()
    done.set()
    for thread in threads:
        thread.join()
    return (
        sum((reader.counts for reader in team), Counter()),
        [line for reader in team for line in reader.stale],
        written,
    )


def main(*, reads: int, readers: int, writers: int, seconds: int, control: bool) -> int:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    if control:
        from catalog import cache

        for moment in ("before_commit", "after_commit"):
            setattr(cache.Touches, moment, lambda self, details: None)
    subjects, port = make_subjects(8), free_port()
    command, environment = web(port, 20_000, "4")
    with tempfile.TemporaryDirectory() as folder:
        base = f"http://127.0.0.1:{port}"
        with running(command, url=f"{base}/healthz", log=f"{folder}/web.log", **environment):
            counts, stale, written = hammer(
                base, subjects, reads=reads, readers=readers, writers=writers, seconds=seconds
            )
    print(
        f"{counts['hit']} hits and {counts['miss']} misses, {counts['judged']} states judged, {sum(written.values())} writes: {dict(written)}"
    )
    print(f"{len(stale)} stale")
    for line in stale[:10]:
        print(" ", line)
    return int(bool(stale) != control)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reads", type=int, default=10_000_000)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60, help="at most")
    parser.add_argument("--control", action="store_true", help="the cache hears of no write")
    options = parser.parse_args()
    sys.exit(main(**vars(options)))
