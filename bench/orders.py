"""W4 and W5: what a guest's cart and a whole order cost, with the worker's and the relay's share.

    python bench/orders.py                # on the embedded database; generate_catalog fills an empty one
    python bench/orders.py --orders 300 --clients 16

W4 is a new guest's cart with one random line. W5 is such a cart, the ways of shipping to an address, a quote, the placed
order and its manual payment. CPU is that of the web workers, the worker (jobs, relay, mails), PostgreSQL and Valkey until
nothing waits any more; statements are counted by pg_stat_statements, transactions' own and settings
included, but not its own checks of foreign keys (14 an order).
"""

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

from machine import PROJECT, cpu_ms, free_port, memory_mb, running, services
from reads import web
from waiting import settle_down

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ADDRESS = {
    "name": "Ada Lovelace", "line1": "12 Mill Lane", "city": "London", "postal_code": "N1 9GU", "country": "GB",
}  # fmt: skip
LOCAL = threading.local()


def call(base: str, path: str, body: Any = None, **headers: str) -> tuple[dict[str, Any], Any]:
    """Over a connection that the thread keeps; raises for anything but success."""
    if not hasattr(LOCAL, "client"):
        LOCAL.client = HTTPConnection(base.removeprefix("http://"), timeout=60)
    given = {
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    LOCAL.client.request("POST" if body is not None else "GET", path, body and json.dumps(body), given)
    response = LOCAL.client.getresponse()
    answer = json.loads(response.read())
    if response.status >= 300:
        raise SystemExit(f"{path}: {response.status} {answer}")
    return answer, response.headers


def fill_cart(base: str, variant: int) -> str:
    return call(base, "/api/v1/cart/items", {"variant": str(variant), "quantity": 1})[1]["Cart-Token"]


def buy(base: str, variant: int) -> str:
    """The payment's id."""
    cart, name = {"Cart_Token": fill_cart(base, variant)}, f"{random.getrandbits(64):x}"
    call(base, "/api/v1/cart/shipping-options?country=GB&postal_code=N1%209GU", **cart)
    quote, _ = call(base, "/api/v1/cart/quote", {"shipping_address": ADDRESS}, **cart)
    body = {"shipping_address": ADDRESS, "email": f"{name}@example.com", "expected_total": quote["total"]}
    order, _ = call(base, "/api/v1/orders/place", body, Idempotency_Key=f"place-{name}", **cart)
    asked = {"order": order["id"], "provider": "manual", "method": "bank_transfer"}
    payment, _ = call(
        base, "/api/v1/payments", asked, Order_Token=order["access_token"], Idempotency_Key=f"pay-{name}"
    )
    return payment["id"]


def rows(sql: str) -> Iterator[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        yield from cursor.fetchall()


# What PostgreSQL asks itself at the commit to check foreign keys: counted as statements, and nobody's.
KEY_CHECKS = "query NOT LIKE 'SELECT % FROM ONLY % FOR KEY SHARE OF x'"


def statements() -> Counter[str]:
    database = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    return Counter(
        dict(
            rows(
                f"SELECT query, sum(calls)::bigint FROM pg_stat_statements WHERE toplevel AND {KEY_CHECKS} AND dbid = {database} GROUP BY query"
            )
        )
    )


def measure(
    act: Callable[[int], Any], variants: list[int], clients: int, roots: dict[str, list[int]]
) -> dict[str, Any]:
    chosen = random.Random(7).sample(variants, len(variants))
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(act, chosen[:40]))
    settle_down()
    before, asked, begun = (
        {name: cpu_ms(pids) for name, pids in roots.items()},
        statements(),
        time.monotonic(),
    )
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(act, chosen))
    took = time.monotonic() - begun
    settle_down()
    done = len(chosen)
    shares = {name: round((cpu_ms(pids) - before[name]) / done, 2) for name, pids in roots.items()}
    counted = statements() - asked
    if os.environ.get("SHOW"):
        for query, calls in sorted(counted.items(), key=lambda one: -one[1])[:80]:
            print(f"{calls / done:7.2f}  {' '.join(query.split())[:150]}")
    return {
        "cpu_ms": round(sum(shares.values()), 2), "of": shares, "per_second": round(done / took, 1),
        "statements": round(sum(counted.values()) / done, 2),
    }  # fmt: skip


def run(orders: int, clients: int, threads: str) -> dict[str, Any]:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    from catalog.models import Variant

    variants = list(
        Variant.objects.for_sale().with_available().filter(available_quantity__gt=10).order_by("pk")
    )
    chosen = [variant.pk for variant in variants][:orders]
    port = free_port()
    base, (command, environment) = f"http://127.0.0.1:{port}", web(port, 0, threads)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(command, url=f"{base}/healthz", log=f"{folder}/web.log", **environment) as server,
        running(
            [sys.executable, "manage.py", "worker"],
            url=f"{base}/healthz",
            log=f"{folder}/worker.log",
            **environment,
        ) as worker,
    ):
        time.sleep(6)
        roots = {"web": [server], "worker": [worker], "services": list(services().values())}
        figures = {
            "W4": measure(lambda variant: fill_cart(base, variant), chosen, clients, roots),
            "W5": measure(lambda variant: buy(base, variant), chosen, clients, roots),
        }
        for name in ("web", "worker"):
            figures[f"memory of {name}"] = {"memory_mb": memory_mb(roots[name][0])}
        return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--threads", default="4", help="of each of the two web workers, as in the Procfile")
    parser.add_argument("--json", action="store_true", help="all figures in one line")
    options = parser.parse_args()
    figures = run(options.orders, options.clients, options.threads)
    for line in [json.dumps(figures)] if options.json else map(str, figures.items()):
        print(line)
