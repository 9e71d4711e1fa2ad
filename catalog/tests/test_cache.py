"""The cache in front of Django: what it answers, what invalidates it, and what it never does."""

import ipaddress
import threading
from contextlib import contextmanager

import orjson
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from redis.exceptions import TimeoutError as Slow

from accounts.services import suspend_seller
from catalog import cache, services
from catalog.cache import entries, keys
from catalog.models import CacheTouch, Category, Product
from catalog.services.products import lock_product, set_product_status, update_product
from catalog.services.taxonomy import change_category
from catalog.tests.browser import HOST, Browser
from catalog.tests.factories import BrandFactory, CategoryFactory, VariantFactory, offer
from config.shared import redis
from config.shared.money import Money

LIST = "/api/v1/products"


@pytest.fixture
def browser(transactional_db, settings):
    settings.ALLOWED_HOSTS = [HOST]
    redis.health.rests_until = 0.0
    cache.clear()
    return Browser()


pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_reader_is_answered_without_django(browser, django_assert_num_queries):
    offer("Kettle")
    first = browser.get(f"{LIST}?limit=5&sort=price")
    with django_assert_num_queries(0):
        second = browser.get(f"{LIST}?sort=price&limit=5")  # the same question in another order

    assert (first.found, second.found) == ("miss", "hit")
    assert second.body == first.body
    assert first.status == second.status == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"ORIGIN": "http://localhost:3000"}, {"ORIGIN": "https://evil.example"}, {"X_REQUEST_ID": "mine"}],
)
def test_a_hit_says_what_django_says(browser, settings, headers):
    settings.CORS_ALLOWED_ORIGINS = ["http://localhost:3000"]
    offer("Kettle")
    miss, hit = browser.get(LIST, **headers), browser.get(LIST, **headers)

    own = {"x-request-id", "x-cache"}
    assert hit.headers["x-cache"] == "hit"
    assert {n: v for n, v in hit.headers.items() if n not in own} == {
        n: v for n, v in miss.headers.items() if n not in own and not n.startswith("ratelimit")
    }
    assert (
        hit.headers["x-request-id"] == "mine"
        if "X_REQUEST_ID" in headers
        else len(hit.headers["x-request-id"]) == 32
    )
    assert hit.headers["x-frame-options"] == "DENY"
    assert hit.headers["x-content-type-options"] == "nosniff"


def test_a_hit_is_logged_as_any_request(browser, capsys):
    browser.get(LIST)
    capsys.readouterr()
    browser.get(LIST, X_REQUEST_ID="mine")
    line = orjson.loads(capsys.readouterr().err)
    assert line.pop("ms") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "method": "GET", "path": LIST, "status": 200, "cache": "hit", "request_id": "mine", "event": "request",
        "logger": "souk.http", "level": "info",
    }  # fmt: skip


def test_behind_tls_a_hit_says_hsts(browser, settings):
    settings.SECURE_HSTS_SECONDS, settings.TRUSTED_PROXIES = 60, [ipaddress.ip_network("127.0.0.1/32")]
    plain, secure = browser.get(LIST), browser.get(LIST, X_FORWARDED_PROTO="https")
    assert secure.found == "hit"
    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"].startswith("max-age=60")


def test_etags_and_head(browser):
    offer("Kettle")
    tag = browser.get(LIST, IF_NONE_MATCH='"other"').headers["etag"]
    again = browser.get(LIST, IF_NONE_MATCH=f'W/{tag}, "other"')
    assert (again.status, again.body, again.headers["etag"], again.found) == (304, b"", tag, "hit")
    head = browser.get(LIST, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(browser.get(LIST).body)

    cache.clear()
    fresh = browser.get(LIST, IF_NONE_MATCH=tag)
    assert (fresh.status, fresh.body, fresh.found) == (304, b"", "miss")
    assert browser.get(LIST).found == "hit"  # the whole answer was kept


def test_what_is_not_kept(browser):
    assert [browser.get(f"{LIST}?colour=red").status for _ in range(2)] == [400, 400]
    assert browser.get(f"{LIST}?colour=red").found == "miss"
    assert [browser.get(f"{LIST}/nothing").found for _ in range(2)] == ["miss", "miss"]
    assert browser.get(LIST, AUTHORIZATION="Bearer x").status == 401
    assert browser.get(LIST, method="POST").found is None
    assert browser.get(f"{LIST}/my").status == 401
    for path in ("/api/v1/cart", "/api/v1/sellers", "/healthz"):
        assert browser.get(path).found is None
    browser.edge.application = get_wsgi_application()
    assert Browser().get(LIST, HOST="evil.example").status == 400


def change_price(product):
    with transaction.atomic():
        update_product(product=lock_product(product_id=product.pk), changes={"price": Money(500, "USD")})


def archive(product):
    with transaction.atomic():
        set_product_status(product=lock_product(product_id=product.pk), status="archived")


def raw(product):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET title = 'Raw' WHERE id = %s", [product.pk])


WRITES = {
    "a service": change_price,
    "publication": archive,
    "save outside a transaction": lambda product: (setattr(product, "title", "New"), product.save()),
    "queryset.update": lambda product: Product.objects.filter(pk=product.pk).update(title="New"),
    "SQL": raw,
    "a suspended seller": lambda product: suspend_seller(seller_id=product.seller_id),
    "a renamed seller": lambda product: (
        type(product.seller).objects.filter(pk=product.seller_id).update(name="New")
    ),
    "a renamed brand": lambda product: (
        type(product.brand).objects.filter(pk=product.brand_id).update(name="New")
    ),
    "a moved category": lambda product: change_category(category=product.category, changes={"parent": None}),
    "a renamed category": lambda product: Category.objects.filter(pk=product.category_id).update(name="New"),
    "a variant": lambda product: VariantFactory(product=product),
    "a variant's price": lambda product: product.variants.update(price_amount=1),
    "a picture": lambda product: product.images.create(image="x.webp", width=1, height=1),
    "a review": lambda product: services.change_product_rating(product_id=product.pk, points=5, reviews=1),
    "stock that runs out": lambda product: services.sell_stock(
        demand={product.variants.get().pk: 10}, reference="order:1"
    ),
    "another category": lambda product: Product.objects.filter(pk=product.pk).update(
        category=CategoryFactory()
    ),
}


def test_the_next_read_sees_every_write(browser):
    for name, write in WRITES.items():
        parent = CategoryFactory()
        product = offer("Kettle", category=CategoryFactory(parent=parent), brand=BrandFactory())
        paths = [
            f"{LIST}/{product.slug}", f"{LIST}/00{product.pk}", LIST, f"{LIST}?category={parent.pk}",
            f"{LIST}?brand={product.brand.slug}", f"{LIST}?seller={product.seller_id}",
        ]  # fmt: skip
        for path in paths:
            browser.get(path)
        assert {browser.get(path).found for path in paths} == {"hit"}, name

        write(product)

        found = {path: browser.get(path).found for path in paths}
        assert found == dict.fromkeys(paths, "miss"), name
    assert cache.settle() > 0
    assert browser.get(LIST).found == "hit"  # the outbox repeats nothing that was done


def test_a_list_that_looks_beyond_its_filter_depends_on_all_products(browser):
    brand, product = BrandFactory(), offer("Kettle")
    paths = [
        f"{LIST}?brand={brand.slug}&facets=category",
        f"{LIST}?brand={brand.slug}&q=kettle",
        f"{LIST}?brand={brand.slug}",
    ]
    for path in paths:
        browser.get(path)
    change_price(product)
    assert [browser.get(path).found for path in paths] == ["miss", "miss", "hit"]


def test_what_nobody_sees_invalidates_nothing(browser):
    product, other = offer("Kettle", stock=10), offer("Lamp", brand=BrandFactory())
    paths = [LIST, f"{LIST}/{product.pk}", f"{LIST}?brand={other.brand_id}", f"{LIST}/{other.pk}"]
    for path in paths:
        browser.get(path)
    cache.settle()

    services.sell_stock(demand={product.variants.get().pk: 3}, reference="order:1")
    Product.objects.filter(pk=product.pk).update(version=9)
    offer("Draft", status="draft")
    assert [browser.get(path).found for path in paths] == ["hit"] * 4
    assert not CacheTouch.objects.exists()

    change_price(product)  # touches lists that it could be in, not the other brand's, nor other products
    assert [browser.get(path).found for path in paths] == ["miss", "miss", "hit", "hit"]


def test_a_rolled_back_write_invalidates_nothing(browser):
    product = offer("Kettle")
    browser.get(LIST)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(title="Never")
        raise ZeroDivisionError
    assert browser.get(LIST).found == "hit"


@contextmanager
def paused_reader(path):
    """A reader that has computed its answer and not stored it yet."""
    computed, go_on = threading.Event(), threading.Event()
    django = get_wsgi_application()

    def application(environ, start_response):
        body = b"".join(django(environ, start_response))
        computed.set()
        assert go_on.wait(20)
        connection.close()
        return [body]

    answers = []
    reader = threading.Thread(target=lambda: answers.append(Browser(application).get(path)))
    reader.start()
    assert computed.wait(20)
    yield answers
    go_on.set()
    reader.join()


def test_a_reader_that_was_overtaken_by_a_write_stores_nothing(browser):
    product = offer("Old title")
    path = f"{LIST}/{product.pk}"
    with paused_reader(path) as answers:
        Product.objects.filter(pk=product.pk).update(title="New title")
    assert b"Old title" in answers[0].body
    fresh = browser.get(path)
    assert (fresh.found, b"New title" in fresh.body) == ("miss", True)


def test_control_without_versions_the_overtaken_reader_would_store_it(browser, monkeypatch):
    monkeypatch.setattr(cache.Touches, "before_commit", lambda self, details: None)
    monkeypatch.setattr(cache.Touches, "after_commit", lambda self, details: None)
    product = offer("Old title")
    path = f"{LIST}/{product.pk}"
    with paused_reader(path):
        Product.objects.filter(pk=product.pk).update(title="New title")
    stale = browser.get(path)
    assert (stale.found, b"Old title" in stale.body) == ("hit", True)


def test_a_writer_killed_between_commit_and_bump(browser, monkeypatch):
    product = offer("Old title")
    path = f"{LIST}/{product.pk}"
    assert [browser.get(path).found for _ in range(2)] == ["miss", "hit"]
    cache.settle()
    with monkeypatch.context() as crash:
        crash.setattr(cache.Touches, "after_commit", lambda self, details: None)
        Product.objects.filter(pk=product.pk).update(title="New title")

    for _ in range(2):  # its mark keeps everyone from the entry, and from storing
        answer = browser.get(path)
        assert (answer.found, b"New title" in answer.body) == ("miss", True)
    tags = ["products", f"product:{product.pk}", f"product:{product.slug}"]
    tags += [f"seller:{product.seller_id}", f"seller:{product.seller.slug}"]
    assert sorted(CacheTouch.objects.values_list("tag", flat=True)) == sorted(tags)
    assert (cache.settle(), CacheTouch.objects.count()) == (5, 0)
    assert [browser.get(path).found for _ in range(2)] == ["miss", "hit"]


def test_control_without_its_mark_the_killed_writer_leaves_a_stale_entry(browser, monkeypatch):
    product = offer("Old title")
    path = f"{LIST}/{product.pk}"
    browser.get(path)
    for moment in ("before_commit", "after_commit"):
        monkeypatch.setattr(cache.Touches, moment, lambda self, details: None)
    Product.objects.filter(pk=product.pk).update(title="New title")
    stale = browser.get(path)
    assert (stale.found, b"Old title" in stale.body) == ("hit", True)
    cache.settle()  # the outbox ends it
    assert b"New title" in browser.get(path).body


def stampede(readers, *, all_compute=False):
    """(how many computed, their answers)"""
    start, computing = threading.Barrier(readers), threading.Barrier(readers if all_compute else 1)
    computed, answers, django = [], [], get_wsgi_application()

    def application(environ, start_response):
        computed.append(environ["PATH_INFO"])
        computing.wait(20)
        try:
            return [b"".join(django(environ, start_response))]
        finally:
            connection.close()

    def read():
        start.wait(20)
        answers.append(Browser(application).get(LIST))

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(computed), answers


def test_a_stampede_computes_once(browser):
    offer("Kettle")
    computed, answers = stampede(8)
    assert computed == 1
    assert sorted(answer.found for answer in answers) == ["hit"] * 7 + ["miss"]
    assert len({answer.body for answer in answers}) == 1


def test_control_without_the_lock_of_a_fill_all_compute(browser, monkeypatch):
    monkeypatch.setattr(entries, "LOOK", entries.LOOK.replace("'NX', ", ""))
    assert stampede(4, all_compute=True)[0] == 4


def test_without_redis_everything_is_computed(browser, monkeypatch):
    product = offer("Kettle")
    asked = []

    def away(line, packed):
        asked.append(packed)
        raise Slow

    monkeypatch.setattr(redis.Line, "answer", away)
    monkeypatch.setattr(redis, "REST", 1000)
    assert [browser.get(LIST).found for _ in range(3)] == ["miss"] * 3
    assert len(asked) == 1  # who did not answer is left alone for a second
    Product.objects.filter(pk=product.pk).update(title="New")
    assert len(asked) == 3  # a write insists: on its marks, and on its versions
    assert CacheTouch.objects.exists()
    with pytest.raises(Slow):
        cache.settle()
    assert CacheTouch.objects.exists()
    redis.health.rests_until = 0.0


def test_the_number_of_entries_is_bounded(browser, settings):
    settings.PAGE_CACHE_ENTRIES = 3
    for limit in range(1, 7):
        browser.get(f"{LIST}?limit={limit}")
    found = [browser.get(f"{LIST}?limit={limit}").found for limit in (6, 5, 4)]
    assert found == ["hit"] * 3
    assert redis.connection().zcard(f"{keys.PREFIX}index") <= 3
