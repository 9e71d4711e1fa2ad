"""Reads while random writes commit, and counts the answers that were older than a write that had committed before.

    python bench/consistency.py --reads 20000

A server is started on the embedded services; writers use every path (services, `queryset.update`, `save`, SQL, a seller's
suspension, stock that runs out and comes back), readers ask over HTTP. What a reader saw must be a state that held at
some moment between its question and its answer. The exit code is 1 when one did not.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import orjson
from machine import PROJECT, free_port, running
from reads import web

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PACE = 0.7  # writes a second: few enough that most reads are answered from the cache


@dataclass
class Subject:
    """A product under test. `states` are all that it has had; the one before `floor` is gone for good."""

    id: int
    slug: str
    seller_id: int
    category: str
    variant_id: int
    states: list[tuple[Any, ...]] = field(default_factory=list)
    floor: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def make_subjects(count: int) -> list[Subject]:
    from accounts.models import Seller, User
    from catalog.services.creation import create_product
    from catalog.services.offers import NewVariant
    from catalog.services.taxonomy import category_at
    from config.shared.money import Money

    subjects, mark = [], f"{time.time_ns():x}"
    category = category_at(path=["Consistency"])
    for number in range(count):
        user = User.objects.create(
            email=f"c-{mark}-{number}@souk.test", name="c", role="seller", password="!"
        )
        shop = Seller.objects.create(user=user, name="c", slug=f"c-{mark}-{number}", status="active")
        product = create_product(
            seller=shop, title="state 0", category=category, status="active", actor="bench",
            variants=[NewVariant(sku="1", price=Money(1, "USD"), stock=5)],
        )  # fmt: skip
        variant = product.variants.get()
        subject = Subject(product.pk, product.slug, shop.pk, category.slug, variant.pk)
        subject.states.append(("state 0", 1, True, True))
        subjects.append(subject)
    return subjects


def write(subject: Subject, choose: random.Random) -> str:
    """One random change; its state is on the list before it commits, and the floor rises when it has committed."""
    kind = choose.choices(list(WRITES), WEIGHTS)[0]
    with subject.lock:
        title, price, available, public = subject.states[-1]
        act, state = WRITES[kind](subject, title, price, available, public)
        subject.states.append(state)
        act()
        subject.floor = len(subject.states) - 1
    return kind


def price_by_service(subject: Subject, title: str, price: int, available: bool, public: bool) -> Any:
    from django.db import transaction

    from catalog.services.products import lock_product, update_product
    from config.shared.money import Money

    def act() -> None:
        with transaction.atomic():
            update_product(
                product=lock_product(product_id=subject.id), changes={"price": Money(price + 1, "USD")}
            )

    return act, (title, price + 1, available, public)


def title_by_update(subject: Subject, title: str, price: int, available: bool, public: bool) -> Any:
    from catalog.models import Product

    new = f"state {int(title.split()[1]) + 1}"
    return lambda: Product.objects.filter(pk=subject.id).update(title=new), (new, price, available, public)


def title_by_save(subject: Subject, title: str, price: int, available: bool, public: bool) -> Any:
    from catalog.models import Product

    new = f"state {int(title.split()[1]) + 1}"

    def act() -> None:
        product = Product.objects.get(pk=subject.id)
        product.title = new
        product.save(update_fields=["title"])

    return act, (new, price, available, public)


def title_by_sql(subject: Subject, title: str, price: int, available: bool, public: bool) -> Any:
    from django.db import connection

    new = f"state {int(title.split()[1]) + 1}"

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_product SET title = %s WHERE id = %s", [new, subject.id])

    return act, (new, price, available, public)


def flip_stock(subject: Subject, title: str, price: int, available: bool, public: bool) -> Any:
    from catalog.models import Variant
    from catalog.services import adjust_stock

    def act() -> None:
        variant = Variant.objects.get(pk=subject.variant_id)
        adjust_stock(
            variant=variant, location=None, delta=-5 if available else 5, reason="bench", actor="bench"
        )

    return act, (title, price, not available, public)


def suspend_or_open(subject: Subject, title: str, price: int, available: bool, public: bool) -> Any:
    from accounts.models import Seller

    status = "suspended" if public else "active"
    return lambda: Seller.objects.filter(pk=subject.seller_id).update(status=status), (
        title,
        price,
        available,
        not public,
    )


WRITES = {
    act.__name__: act
    for act in (price_by_service, title_by_update, title_by_save, title_by_sql, flip_stock, suspend_or_open)
}


WEIGHTS = [4, 4, 4, 4, 4, 1]  # a suspension empties the whole cache


class Reader:
    def __init__(self, host: str, subjects: list[Subject], seed: int) -> None:
        self.host, self.subjects, self.choose = host, subjects, random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.stale: list[str] = []

    def read(self, client: HTTPConnection) -> None:
        subject = self.choose.choice(self.subjects)
        path = self.choose.choice([
            f"/api/v1/products/{subject.id}", f"/api/v1/products/{subject.slug}", f"/api/v1/products?seller={subject.seller_id}",
            f"/api/v1/products?category={subject.category}&limit=100", "/api/v1/products?limit=50",
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
                self.judge(path, one, floor, rows.get(str(one.id)))

    def judge(self, path: str, subject: Subject, floor: int, row: Any) -> None:
        self.counts["judged"] += 1
        possible = subject.states[floor:]
        if row is None:
            is_right = any(not public for *_, public in possible)
        else:
            seen = (row["title"], row["price"]["amount"], row["available"])
            is_right = any(
                public and seen == (title, price, available) for title, price, available, public in possible
            )
        if not is_right:
            self.stale.append(
                f"{path}: {row and (row['title'], row['price'], row['available'])} after {possible[:3]}"
            )


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


def main(reads: int, readers: int, writers: int, seconds: int) -> int:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
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
    return 1 if stale else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reads", type=int, default=12_000)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=300, help="at most")
    options = parser.parse_args()
    sys.exit(main(options.reads, options.readers, options.writers, options.seconds))
