"""W1, W1v, W2 and W3: what a read of the catalogue costs, answered from the cache and computed.

    python bench/reads.py                 # on the embedded database; 10,000 products are generated into an empty one
    python bench/reads.py --seconds 4

CPU is that of the web workers, PostgreSQL and Valkey over the calls that were answered; H is a bare "hello" on uvicorn
with two workers, measured in the same minute, for only ratios mean something on a shared machine.
"""

import argparse
import json
import logging
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import PROJECT, cpu_ms, free_port, load, running, services

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
SEED = 7


def workloads() -> dict[str, list[str]]:
    """Addresses by workload, always the same ones for the same catalogue."""
    from catalog.generation import MATERIALS, shelves
    from catalog.models import Category, Product

    choose = random.Random(SEED)
    ids = list(Product.objects.public().order_by("-pk").values_list("pk", flat=True)[:10_000])
    nouns = [noun for _, names in shelves() for noun in names]
    categories = Category.objects.values_list("slug", flat=True)
    words = [f"{choose.choice(MATERIALS)}%20{choose.choice(nouns)}" for _ in range(3000)]
    return {
        "W1": ["/api/v1/products"],
        "W1v": [page for slug in categories for page in pages(f"/api/v1/products?category={slug}")],
        "W2": [f"/api/v1/products/{key}" for key in ids],
        "W3": [f"/api/v1/products?q={text}" for text in words],
        "suggest": [f"/api/v1/search/suggest?q={choose.choice(nouns)[:3]}" for _ in range(1000)],
    }


def pages(path: str | None, most: int = 10) -> list[str]:
    """The first pages of a list, as its links lead on."""
    from rest_framework.test import APIClient

    logging.disable(logging.INFO)  # here, not in the servers
    found, api = [], APIClient(headers={"Host": "localhost"})
    while path and len(found) < most:
        found.append(path)
        path = api.get(path).json()["next"]
    return found


def statements() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        cursor.execute(
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database"
            " WHERE datname = current_database()) AND query ~* '^\\s*(SELECT|WITH|INSERT|UPDATE|DELETE)'"
        )
        return cursor.fetchone()[0]


def measure(base: str, roots: list[int], paths: list[str], seconds: int) -> dict[str, Any]:
    load(base, paths[:100], seconds=1)  # both workers have done it once
    cpu, asked = cpu_ms(roots), statements()
    result = load(base, paths, seconds=seconds)
    done = max(1, result["requests"])
    return {
        "per_second": round(done / result["seconds"]), "cpu_ms": round((cpu_ms(roots) - cpu) / done, 3),
        "p50_ms": round(result["p50"], 1), "p99_ms": round(result["p99"], 1),
        "statements": round((statements() - asked) / done, 2), "errors": int(result["errors"]),
    }  # fmt: skip


def database_time(paths: list[str], most: int = 1000) -> dict[str, Any]:
    """Milliseconds from sending a request's statements to having their rows, in this process and one after another."""
    from urllib.parse import unquote

    from catalog import reads
    from config.shared.postgres import hot

    spent, rows = [0.0], hot.rows

    def timed(sql: str, values: Any = ()) -> Any:
        begun = time.perf_counter()
        found = rows(sql, values)
        spent[-1] += (time.perf_counter() - begun) * 1000
        return found

    hot.rows = timed
    try:
        for path in (paths * (most // len(paths) + 1))[:most]:
            read = reads.find(*unquote(path).split("?"))
            spent.append(0.0)
            read.body()
    finally:
        hot.rows = rows
    taken = sorted(spent[most // 10 + 1 :])  # the first ones plan, and warm what they read
    return {
        "requests": len(taken),
        "p50_ms": round(taken[len(taken) // 2], 2),
        "p99_ms": round(taken[len(taken) * 99 // 100], 2),
    }


def web(port: int, entries: int, threads: str) -> tuple[list[str], dict[str, str]]:
    """granian as the Procfile runs it."""
    command = [
        "python", "-m", "config.serve", "--port", str(port), "--http", "1", "--no-ws", "--workers", "2",
        "--blocking-threads", threads, "--log-level", "warning",
    ]  # fmt: skip
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return command, {"PAGE_CACHE_ENTRIES": str(entries), "THROTTLE_SCALE": "0", "PATH": path}


def run(seconds: int, threads: str, only: list[str]) -> dict[str, Any]:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
    results: dict[str, Any] = {"H": hello(seconds)}
    addresses = {name: paths for name, paths in workloads().items() if not only or name in only}
    for name in {"W3", "suggest"} & addresses.keys():
        results[f"{name} database"] = database_time(addresses[name])
        print(f"{name} database", json.dumps(results[f"{name} database"]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind, entries in (("miss", 0), ("hit", 50_000)):
            port = free_port()
            command, environment = web(port, entries, threads)
            base = f"http://127.0.0.1:{port}"
            with running(command, url=f"{base}/healthz", log=f"{folder}/web.log", **environment) as server:
                roots = [server, *services().values()]
                for name, paths in addresses.items():
                    asked = paths[:500] if kind == "hit" else paths  # as many as are warmed while they live
                    if kind == "hit":
                        warm(base, asked)
                    results[f"{name} {kind}"] = measure(base, roots, asked, seconds)
                    print(f"{name} {kind}", json.dumps(results[f"{name} {kind}"]), flush=True)
    return results


def warm(base: str, paths: list[str]) -> None:
    """Once each; what took longer than an entry lives is warmed by the measurement itself."""
    from http.client import HTTPConnection

    client = HTTPConnection(base.removeprefix("http://"))
    ends = time.monotonic() + 20
    for path in paths:
        client.request("GET", path)
        client.getresponse().read()
        if time.monotonic() > ends:
            return


def hello(seconds: int) -> dict[str, Any]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "hello:app",
        "--app-dir",
        str(PROJECT / "bench"),
        "--port",
        str(port),
    ]
    command += ["--workers", "2", "--no-access-log", "--log-level", "warning"]
    with tempfile.TemporaryDirectory() as folder:
        base = f"http://127.0.0.1:{port}"
        with running(command, url=base, log=f"{folder}/hello.log") as server:
            before = cpu_ms([server])
            result = load(base, ["/"], seconds=seconds)
            done = result["requests"]
            return {
                "per_second": round(done / result["seconds"]),
                "cpu_ms": round((cpu_ms([server]) - before) / done, 3),
            }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--threads", default="1", help="of each of the two web workers")
    parser.add_argument("--only", nargs="*", default=[], help="W1 W1v W2 W3 suggest")
    parser.add_argument("--json", action="store_true", help="all figures in one line at the end")
    options = parser.parse_args()
    figures = run(options.seconds, options.threads, options.only)
    if options.json:
        print(json.dumps(figures))
        sys.exit()
    for name, figure in figures.items():
        if "per_second" not in figure:
            print(f"{name:14} {figure}")
            continue
        ratio = figure["per_second"] / figures["H"]["per_second"]
        print(
            f"{name:14} {figure['per_second']:>7}/s  {ratio:5.2f} H  {figure['cpu_ms']:7.3f} ms CPU", end="  "
        )
        print({key: value for key, value in figure.items() if key not in {"per_second", "cpu_ms"}} or "")
