"""Ways round the API reach the cached catalogue, too: an import, the admin site, prices in further currencies."""

import pytest

from accounts.tests.factories import AdminFactory, SellerFactory
from catalog import cache
from catalog.models import Product, Variant
from catalog.services.currencies import FurtherPrice, replace_prices
from catalog.services.refreshing import refresh_products
from catalog.tests.browser import HOST, Browser
from catalog.tests.factories import BrandFactory, offer
from catalog.tests.files import run
from config.shared import redis
from config.shared.money import Money

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/api/v1/products"
FILE = "handle,title,sku,price,currency,stock,brand\nkettle,Kettle,K,10.00,USD,3,Acme\n"


@pytest.fixture
def browser(transactional_db, settings):
    settings.ALLOWED_HOSTS = [HOST, "testserver"]
    redis.health.rests_until = 0.0
    cache.clear()
    return Browser()


def kept(browser, *paths):
    """The answers, once they come out of the cache."""
    for path in paths:
        browser.get(path)
    answers = [browser.get(path) for path in paths]
    assert {answer.found for answer in answers} == {"hit"}
    return [answer.body for answer in answers]


def test_an_import_is_seen_by_the_next_read(browser):
    seller = SellerFactory()
    (nothing,) = kept(browser, LIST)
    assert run(seller, FILE).created_count == 1
    paths = [
        f"{LIST}/{Product.objects.get().slug}",
        LIST,
        f"{LIST}?seller={seller.pk}",
        f"{LIST}?currency=EUR",
    ]
    first = kept(browser, *paths)
    assert nothing not in first and all(b"Kettle" in body for body in first)

    assert run(seller, FILE.replace("10.00", "12.50")).updated_count == 1
    second = [browser.get(path) for path in paths]
    assert {answer.found for answer in second} == {"miss"}
    assert all(b'"amount":1250' in answer.body and b'"amount":1000,' not in answer.body for answer in second)

    kept(browser, *paths)
    assert run(seller, FILE.replace("10.00", "12.50").replace(",3,", ",0,")).updated_count == 1
    assert all(b'"available":false' in browser.get(path).body for path in paths)
    kept(browser, *paths)
    assert run(seller, FILE.replace("10.00", "12.50").replace(",3,", ",0,")).unchanged_count == 1
    assert {browser.get(path).found for path in paths} == {"hit"}


def test_an_edit_on_the_admin_site_is_seen_by_the_next_read(browser, client):
    brand = BrandFactory(name="Acme")
    product = offer("Kettle", brand=brand)
    paths = [f"{LIST}/{product.slug}", LIST, f"{LIST}?brand={brand.slug}", "/api/v1/brands"]
    kept(browser, *paths)
    client.force_login(AdminFactory())
    form = {"name": "Umbrella", "slug": brand.slug}
    assert client.post(f"/admin/catalog/brand/{brand.pk}/change/", form).status_code == 302
    assert all(b"Umbrella" in browser.get(path).body for path in paths)


def test_a_further_price_is_seen_by_the_next_read(browser):
    product = offer("Kettle")
    paths = [f"{LIST}/{product.slug}?currency=EUR", f"{LIST}?currency=EUR"]
    for prices in ([FurtherPrice(price=Money(777, "EUR"))], []):
        before = kept(browser, *paths)
        replace_prices(Variant.objects.get(), prices)
        refresh_products([product])
        after = [browser.get(path) for path in paths]
        assert {answer.found for answer in after} == {"miss"}
        assert [
            (b"777" in body, b"777" in answer.body) for body, answer in zip(before, after, strict=True)
        ] == [(not prices, bool(prices))] * 2
