"""A shop with a million followers publishes a product; somebody who follows 500 shops opens their feed.

    python bench/social/million.py [FOLLOWERS]

Generates what it needs by COPY into a database of its own (SOUK_DATA_DIR, by default .souk-bench) and prints
milliseconds: the median of several. The first product is published before anybody follows, to compare.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("SOUK_DATA_DIR", str(PROJECT / ".souk-bench"))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DB_NAME": "souk_bench_social",
    "THROTTLE_SCALE": "0",
}

import django

from config import embedded

embedded.ensure(without={"stripe"})
django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import SellerFactory, UserFactory, token_for
from catalog.models import Product
from catalog.services.products import set_product_status
from catalog.tests.factories import ProductFactory, VariantFactory
from social import services
from social.models import Broadcast, Follow

FOLLOWERS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
SHOPS, PRODUCTS = 500, 20  # that the reader follows, and of each
TIMES = 7
MILLIONTH = 10_000_000  # ids of the generated users begin here


def copy(table: str, columns: str, rows: Any) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as sink:
        for row in rows:
            sink.write_row(row)


def milliseconds(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def drafts(shop: Any) -> list[Product]:
    return [VariantFactory(product=ProductFactory(seller=shop, status="draft")).product for _ in range(TIMES)]


def publishing(shop: Any) -> float:
    """The whole transaction: status, counts, the post and the job."""
    acts = [partial(set_product_status, product=product, status="active") for product in drafts(shop)]
    return median(map(milliseconds, acts))


def make_followers(shop: Any) -> None:
    ids = range(MILLIONTH, MILLIONTH + FOLLOWERS)
    with transaction.atomic():
        user = "id, password, is_superuser, email, pending_email, name, role, is_active, is_staff, locale, created_at"
        now = "2026-01-01T00:00:00Z"
        copy(
            "accounts_user", user,
            ((pk, "!", False, f"u{pk}@example.com", "", "", "customer", True, False, "en", now) for pk in ids),
        )  # fmt: skip
        copy("social_follow", "user_id, seller_id", ((pk, shop.pk) for pk in ids))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user, social_follow")


def reader() -> APIClient:
    """Follows 500 shops that have posted 20 products each, and the large one."""
    user = UserFactory()
    for _ in range(SHOPS):
        shop = SellerFactory()
        Follow.objects.create(user=user, seller=shop)
        Product.objects.bulk_create(
            Product(seller=shop, title="Kettle", slug=f"{shop.slug}-{n}", handle=f"k{n}", status="active")
            for n in range(PRODUCTS)
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO social_post (seller_id, product_id, kind, occasion, title, body, data, created_at)"
            " SELECT seller_id, id, 'product.new', '', '', '', '{}', now() - random() * interval '90 days'"
            " FROM catalog_product WHERE title = 'Kettle' ON CONFLICT DO NOTHING"
        )
        cursor.execute("ANALYZE social_post, social_follow, catalog_product")
    return APIClient(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token_for(user)}"})


def pages(client: APIClient) -> tuple[float, float]:
    """The first page, and one after twenty."""
    first = median(milliseconds(lambda: client.get("/api/v1/feed")) for _ in range(TIMES))
    answer = client.get("/api/v1/feed")
    for _ in range(20):
        assert answer.status_code == 200, answer.content
        answer = client.get(answer.json()["next"])
    deep = answer.json()["next"]
    return first, median(milliseconds(lambda: client.get(deep)) for _ in range(TIMES))


def telling(shop: Any, batches: int = 20) -> float:
    """Followers a second that a job tells."""
    Broadcast.objects.filter(told_at=None).delete()
    services.post_announcement(seller=shop, title="Hello", body="There.")
    took = milliseconds(lambda: services.tell_followers(seller_id=shop.pk, batches=batches))
    return batches * 500 / took * 1000


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    shop = SellerFactory()
    print(f"publish, nobody follows       {publishing(shop):8.1f} ms")
    seconds = milliseconds(lambda: make_followers(shop)) / 1000
    print(f"{FOLLOWERS:,} followers copied in {seconds:.0f} s")
    print(f"publish, {FOLLOWERS:>9,} follow    {publishing(shop):8.1f} ms")
    first, deep = pages(reader())
    print(f"feed of {SHOPS} shops, page 1     {first:8.1f} ms")
    print(f"feed of {SHOPS} shops, page 21    {deep:8.1f} ms")
    print(f"told by the job               {telling(shop):8.0f} followers/s")
    assert User.objects.filter(pk__gte=MILLIONTH).count() == FOLLOWERS


if __name__ == "__main__":
    main()
