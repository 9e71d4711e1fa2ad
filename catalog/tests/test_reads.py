"""Reads by hand-written statements: they say what Django's views say, to the byte, and leave to them what is not plain."""

from datetime import timedelta

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.tests.factories import SellerFactory
from catalog.models import Product, SearchPhrase, Variant
from catalog.services.currencies import FurtherPrice, replace_prices
from catalog.services.refreshing import refresh_products
from catalog.tests.browser import HOST, Browser
from catalog.tests.factories import BrandFactory, CategoryFactory, ProductFactory, VariantFactory, offer
from config.direct import Direct
from config.shared.money import Money
from config.shared.postgres import hot

pytestmark = pytest.mark.django_db
LIST, SUGGEST = "/api/v1/products", "/api/v1/search/suggest"


class Django:
    """The views, noting what came to them."""

    def __init__(self):
        self.application, self.asked = get_wsgi_application(), []

    def __call__(self, environ, start_response):
        self.asked.append(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".rstrip("?"))
        return self.application(environ, start_response)


@pytest.fixture
def views(settings, monkeypatch):
    monkeypatch.setattr(
        connection, "close_if_unusable_or_obsolete", lambda: None
    )  # it has the test's transaction
    monkeypatch.setattr(connection, "close", lambda: None)
    settings.ALLOWED_HOSTS, settings.PAGE_CACHE_ENTRIES, settings.THROTTLE_SCALE = [HOST], 0, 0
    return Browser()


@pytest.fixture
def direct(views):
    """It has learnt already what goes with an answer."""
    product, django = offer("Lesson"), Django()
    browser = Browser(Direct(django))
    browser.get(LIST)
    browser.get(f"{LIST}/{product.pk}")
    Product.objects.filter(pk=product.pk).update(status="archived")
    django.asked.clear()
    browser.asked = django.asked
    return browser


@pytest.fixture
def goods():
    """One of everything that a row can say."""
    kitchen = CategoryFactory(slug="kitchen")
    kettles, brand = (
        CategoryFactory(slug="kettles", parent=kitchen),
        BrandFactory(slug="acme", name="Äcme & Sons"),
    )
    seller = SellerFactory(slug="shop")
    of_shop = {"seller": seller, "brand": brand, "category": kettles}
    rich = ProductFactory(
        title='Steel "kettle" \u2028', slug="rich", tags=["a", 'b "c"'], attributes={"zinc": True, "a": 1.5, "colour": "rød"},
        option_names=["Size", "Colour"], seo_title="Seo", description="Steel\nware", rating_sum=13, rating_count=3, units_sold=7, **of_shop,
    )  # fmt: skip
    sale = {
        "sale_amount": 1500,
        "sale_from": timezone.now(),
        "sale_until": timezone.now() + timedelta(days=1),
    }
    VariantFactory(
        product=rich,
        options={"Colour": "red", "Size": "M"},
        compare_at_amount=2500,
        weight_g=5,
        barcode="123",
    )
    VariantFactory(
        product=rich,
        options={"Size": "L", "Colour": "blue"},
        position=2,
        is_sale_running=True,
        stock=0,
        **sale,
    )
    VariantFactory(product=rich, options={"Size": "S"}, stock=0, is_archived=True)
    Variant.objects.filter(product=rich).update(prior_amount=1400)
    Product.objects.filter(pk=rich.pk).update(prior_amount=1400, compare_at_amount=2500, is_on_sale=True)
    for position, name in ((2, "b"), (1, "a/ä")):
        thumbnails = {"small": f"{name}-s.webp", "medium": f"{name}-m.webp"}
        rich.images.create(
            image=f"products/{name}.webp",
            alt=name,
            position=position,
            width=3,
            height=4,
            thumbnails=thumbnails,
        )
    for number in range(4):
        offer(f"Copper kettle {number}", currency="EUR" if number else "USD", stock=number, **of_shop)
    pan = offer("Pan", slug="pan", category=kitchen, seller=seller)
    replace_prices(pan.variants.get(), [FurtherPrice(price=Money(900, "EUR"))])
    refresh_products([pan])
    offer("Steel lamp")
    offer("Draft kettle", status="draft", **of_shop)
    offer(
        "Closed kettle",
        slug="closed",
        brand=brand,
        category=kettles,
        seller=SellerFactory(status="suspended"),
    )
    return rich


def same(one, other):
    own = {"x-request-id", "ratelimit"}
    plain = [
        {name: value for name, value in answer.headers.items() if name not in own} for answer in (one, other)
    ]
    assert (one.status, one.body, plain[0]) == (other.status, other.body, plain[1])


PLAIN = [
    "", "?limit=3", "?category=kitchen", "?category=kettles&limit=2", "?brand=acme&limit=2", "?seller=shop&category=kitchen&limit=3",
    "?sort=-rating&limit=2", "?sort=best_selling&category=kitchen&limit=2", "?sort=created_at&limit=2", "?in_stock=false&on_sale=true",
    "?in_stock=true&limit=2", "?brand=none", "?category=none", "?q=kettle&limit=2", "?q=stel+ketle", "?q=ste&limit=1", '?q="copper kettle" -3',
    "?q=zzzz", "?q=pan+lamp&sort=relevance", "?category=999999",
    "?currency=EUR&limit=3", "?q=kettle&currency=EUR", "?category=kitchen&currency=JPY",
]  # fmt: skip

NOT_PLAIN = [
    "/closed", "/999999", "/my", "/rich?fields=id", "/rich/variants", "?price_min=1", "?attr.colour=red", "?facets=brand", "?q=kettle&facets=brand", "?q=kettle&brand=acme",
    "?sort=price", "?sort=-relevance&q=kettle", "?count=true", "?fields=id", "?limit=0", "?limit=1e2",
    "?limit=101", "?in_stock=yes", "?cursor=x", "?sort=title", "?colour=red", "?brand=", "?brand=acme&brand=other", "?brand=acme&brand=acme",
    "?brand=%20", "?brand=%20acme", "?sort=", "?currency=", "?currency=%20USD", "?limit=1&limit=2", "?q=a&q=b", "?q=", "?facets=", "?fields=", "?price_min=",
    "?expand=seller", "/rich?expand=seller", "?expand=variants", "/rich?currency=", "/rich?currency=USD&currency=EUR",
    "?q=%20", "?q=a%00b", "?sort=relevance", "?currency=XXX",
    "/rich?currency=XXX", "/pan", "/pan?currency=EUR",
]  # fmt: skip


def test_lists_are_those_of_the_views(direct, views, goods):
    """Every page of each, forwards and back."""
    plain = [
        *PLAIN,
        f"?category={goods.category_id}&limit=3",
        f"?brand=0{goods.brand_id}",
        f"?seller={goods.seller_id}&limit=4",
    ]
    for query in plain:
        path, pages = f"{LIST}{query}".replace(" ", "%20"), 0
        while path and pages < 12:
            answer = direct.get(path)
            same(answer, views.get(path))
            body, pages = answer.json(), pages + 1
            if body["previous"]:
                same(direct.get(body["previous"]), views.get(body["previous"]))
            path = body["next"]
    assert direct.asked == []


@pytest.mark.parametrize(
    "headers", [{"ORIGIN": "https://shop.example"}, {"X_REQUEST_ID": "mine"}, {"CART_TOKEN": "t" * 200}]
)
def test_products_are_those_of_the_views(direct, views, goods, settings, headers):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    for product in Product.objects.public().filter(currencies=[]):
        for key in (product.pk, f"0{product.pk}", f"{product.slug}?currency=EUR"):
            same(direct.get(f"{LIST}/{key}", **headers), views.get(f"{LIST}/{key}", **headers))
    assert direct.asked == []


def test_suggestions_are_those_of_the_views(direct, views, goods):
    SearchPhrase.objects.bulk_create(
        [SearchPhrase(phrase=text, searches=9) for text in ("kettle", "kettle red", "ket%", "kes")]
    )
    direct.get(f"{SUGGEST}?q=x")
    direct.asked.clear()
    for text in ("ket", "kettle", "ketle", "kit", "k%25", "ste ket", "acme", "%C3%84cme"):
        same(direct.get(f"{SUGGEST}?q={text}"), views.get(f"{SUGGEST}?q={text}"))
    assert direct.get(f"{SUGGEST}?q=ket").json()["phrases"] == ["ket%", "kettle", "kettle red"]
    assert direct.asked == []
    for query in ("", "?q=", "?q=" + "a" * 101, "?q=a&q=b", "?q=a&limit=2", "?q=&q=a"):
        same(direct.get(SUGGEST + query, X_REQUEST_ID="1"), views.get(SUGGEST + query, X_REQUEST_ID="1"))
    assert len(direct.asked) == 6


def test_what_is_not_plain_is_left_to_the_views(direct, views, goods):
    for rest in NOT_PLAIN:
        same(direct.get(LIST + rest, X_REQUEST_ID="1"), views.get(LIST + rest, X_REQUEST_ID="1"))
    assert len(direct.asked) == len(NOT_PLAIN)


def test_a_cursor_of_another_list_is_left_to_the_views(direct, views, goods):
    cursor = direct.get(f"{LIST}?sort=rating&limit=1").json()["next"].rpartition("=")[2]
    for query in (
        f"?cursor={cursor}&sort=-rating",
        f"?cursor={cursor}&q=kettle",
        f"?q=kettle&sort=relevance&cursor={cursor}",
    ):
        same(direct.get(LIST + query, X_REQUEST_ID="1"), views.get(LIST + query, X_REQUEST_ID="1"))
    same(
        direct.get(f"{LIST}?cursor={cursor}"), views.get(f"{LIST}?cursor={cursor}")
    )  # it brings its sort along


@pytest.mark.parametrize(
    ("rest", "statements"), [("?category=kitchen&limit=2", 1), ("/rich", 3), ("?q=stel+kettle", 3)]
)
def test_statements(direct, goods, django_assert_num_queries, rest, statements):
    with django_assert_num_queries(statements):
        assert direct.get(LIST + rest).status == 200


def test_limits_count_each_read_once_and_refuse(direct, goods, settings):
    settings.THROTTLE_SCALE, settings.CHANNEL_PREFIX = 1, f"{settings.CHANNEL_PREFIX}-direct"
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"address": (3, 60)}
    answers = [direct.get(path) for path in (LIST, f"{LIST}/rich", f"{LIST}?facets=brand", LIST)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert answers[3].json()["code"] == "throttled"


def test_a_lost_connection_is_made_anew_by_the_views(direct, goods, monkeypatch):
    def lost(sql, values=()):
        raise OperationalError

    monkeypatch.setattr(hot, "rows", lost)
    assert direct.get(LIST).status == 200
    assert direct.asked == [LIST]


def test_credentials_are_never_read_here(direct, goods):
    assert direct.get(LIST, AUTHORIZATION="Bearer x").status == 401
    assert direct.get(LIST, HOST="evil.example").status == 400
    assert direct.asked == [LIST, LIST]
