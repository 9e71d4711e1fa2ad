"""Products over HTTP: reading, filtering, sorting, and who sees what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog import services
from catalog.models import Product, Variant
from catalog.tests.answers import titles
from catalog.tests.factories import BrandFactory, CategoryFactory, VariantFactory, offer

pytestmark = pytest.mark.django_db
USD = {"amount": 1999, "currency": "USD"}


def test_list_row(api):
    category, brand = CategoryFactory(name="Kitchen"), BrandFactory(name="Acme")
    product = offer("Kettle", category=category, brand=brand, compare_at_amount=2999)

    row = api.get("/api/v1/products").json()["results"][0]

    assert row["created_at"].endswith("Z")
    assert {name: row[name] for name in row if name != "created_at"} == {
        "id": str(product.pk),
        "slug": product.slug,
        "title": "Kettle",
        "status": "active",
        "price": USD,
        "compare_at_price": {"amount": 2999, "currency": "USD"},
        "lowest_price_30_days": None,
        "available": True,
        "seller": {"id": str(product.seller_id), "slug": product.seller.slug, "name": product.seller.name},
        "brand": {"id": str(brand.pk), "slug": brand.slug, "name": "Acme"},
        "category": {"id": str(category.pk), "slug": category.slug, "name": "Kitchen"},
        "rating": {"average": None, "count": 0},
        "tags": [],
        "image": None,
    }


def test_list_takes_two_statements_and_detail_three(api, django_assert_num_queries):
    category = CategoryFactory()
    for number in range(5):
        product = offer(f"Kettle {number}", category=category, brand=BrandFactory())
        VariantFactory(product=product)

    with django_assert_num_queries(2):
        assert (
            len(
                titles(
                    api.get(f"/api/v1/products?category={category.slug}&limit=3&sort=-price&in_stock=true")
                )
            )
            == 3
        )
    with django_assert_num_queries(2):
        assert len(titles(api.get("/api/v1/products?limit=3"))) == 3
    for key in (product.pk, product.slug):
        with django_assert_num_queries(3):
            assert api.get(f"/api/v1/products/{key}").status_code == 200


def test_detail(api):
    product = offer("Kettle", description="Boils.", attributes={"colour": "red", "litres": 1.7})

    body = api.get(f"/api/v1/products/{product.slug}").json()

    assert body["id"] == str(product.pk)
    assert (body["description"], body["attributes"]) == ("Boils.", {"colour": "red", "litres": 1.7})
    assert body["images"] == []
    variant = Variant.objects.get()
    assert body["variants"] == [
        {
            "id": str(variant.pk),
            "sku": variant.sku,
            "price": USD,
            "compare_at_price": None,
            "lowest_price_30_days": None,
            "sale_ends_at": None,
            "prices": [
                {"price": USD, "compare_at_price": None, "lowest_price_30_days": None, "sale_ends_at": None}
            ],
            "options": {},
            "available": True,
            "on_backorder": False,
            "weight_g": None,
            "length_mm": None,
            "width_mm": None,
            "height_mm": None,
            "barcode": "",
            "position": 0,
        }
    ]


def test_filters(api):
    root = CategoryFactory(name="Home")
    child = CategoryFactory(name="Kitchen", parent=root)
    acme = BrandFactory(slug="acme")
    kettle = offer(
        "Steel kettle",
        category=child,
        brand=acme,
        price_amount=1000,
        attributes={"colour": "red", "litres": 2},
    )
    lamp = offer(
        "Lamp",
        category=root,
        price_amount=3000,
        compare_at_amount=4000,
        stock=0,
        attributes={"colour": "blue"},
    )
    euro = offer("Euro cup", price_amount=50, currency="EUR")
    services.change_product_rating(product_id=lamp.pk, points=9, reviews=2)

    def found(query):
        return sorted(titles(api.get(f"/api/v1/products?{query}")))

    assert found(f"category={root.slug}") == ["Lamp", "Steel kettle"]
    assert found(f"category={child.pk}") == ["Steel kettle"]
    assert found("category=nothing") == found("category=" + "9" * 40) == []
    assert found("brand=acme") == ["Steel kettle"]
    assert found(f"seller={euro.seller.slug}") == found(f"seller={euro.seller_id}") == ["Euro cup"]
    assert found("price_min=1000&price_max=2000") == ["Steel kettle"]
    assert found("price_max=2000") == ["Steel kettle"]
    assert found("price_max=2000&currency=EUR") == ["Euro cup"]
    assert found("in_stock=false") == found("on_sale=true") == ["Lamp"]
    assert found("in_stock=true") == ["Euro cup", "Steel kettle"]
    assert found("rating_min=4.5") == ["Lamp"]
    assert found("rating_min=4.6") == []
    assert found("q=kettles") == ["Steel kettle"]
    assert found("attr.colour=red") == ["Steel kettle"]
    assert found("attr.colour=red&attr.colour=blue") == ["Lamp", "Steel kettle"]
    assert found("attr.litres=2&attr.colour=red") == ["Steel kettle"]
    assert found("attr.litres=3") == []
    Product.objects.filter(pk=kettle.pk).update(created_at=timezone.now() + timedelta(days=1))
    assert found(f"created_after={(timezone.now() + timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}") == [
        "Steel kettle"
    ]


def test_sorts_and_currency_without_price_last(api):
    cheap, dear = offer("cheap", price_amount=100), offer("dear", price_amount=900)
    offer("euro", price_amount=500, currency="EUR")
    services.change_product_rating(product_id=dear.pk, points=5, reviews=1)
    services.sell_stock(demand={cheap.variants.get().pk: 3}, reference="order:1")

    assert titles(api.get("/api/v1/products?sort=price")) == ["cheap", "dear", "euro"]
    assert titles(api.get("/api/v1/products?sort=-price")) == ["dear", "cheap", "euro"]
    assert titles(api.get("/api/v1/products?sort=price&currency=EUR"))[0] == "euro"
    assert titles(api.get("/api/v1/products")) == ["euro", "dear", "cheap"]
    assert titles(api.get("/api/v1/products?sort=created_at")) == ["cheap", "dear", "euro"]
    assert titles(api.get("/api/v1/products?sort=-rating"))[0] == "dear"
    assert titles(api.get("/api/v1/products?sort=-best_selling"))[0] == "cheap"


@pytest.mark.parametrize("sort", ["price", "-price", "created_at", "-rating", "best_selling"])
def test_pages_neither_repeat_nor_skip(api, sort):
    for number in range(7):
        offer(f"P{number}", price_amount=100 * (number % 2), currency=("USD", "EUR")[number % 3 == 0])

    seen, path = [], f"/api/v1/products?limit=2&sort={sort}"
    while path:
        page = api.get(path).json()
        seen += [row["id"] for row in page["results"]]
        last, path = page, page["next"]

    assert len(seen) == len(set(seen)) == 7
    assert [row["id"] for row in api.get(last["previous"]).json()["results"]] == seen[4:6]


def test_a_cursor_alone_is_enough(api):
    for number in range(3):
        offer(f"P{number}", price_amount=number)
    cursor = api.get("/api/v1/products?limit=1&sort=price").json()["next"].split("cursor=")[1]
    assert titles(api.get(f"/api/v1/products?cursor={cursor}")) == ["P1", "P2"]


@pytest.mark.parametrize(
    "query",
    [
        "category=" + "9" * 600, "sort=title", "colour=red", "price_min=-1", "price_min=1.5", "price_max=99999999999999999999",
        "in_stock=yes", "currency=usd", "rating_min=6", "rating_min=NaN", "created_after=yesterday", "limit=0",
        "limit=101", "cursor=abc", "attr.=x", "attr.a=%00", "q=%00", "fields=secret", "brand=a&brand=b", "price_min=", "sort=", "currency=",
        "facets=", "category=%20", "brand=" + "x" * 600,
    ],
)  # fmt: skip
def test_malformed_queries_are_400(api, query):
    response = api.get(f"/api/v1/products?{query}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_fields_trims_rows(api):
    offer("Kettle")
    assert api.get("/api/v1/products?fields=title,price").json()["results"] == [
        {"title": "Kettle", "price": USD}
    ]


def test_only_active_products_of_active_sellers_are_public(api, as_user, seller, shop):
    draft = offer("Draft", seller=seller, status="draft")
    archived = offer("Archived", seller=seller, status="archived")
    closed = offer("Closed", seller=SellerFactory(status="suspended"))
    stranger, admin = as_user(UserFactory()), as_user(AdminFactory())

    assert titles(api.get("/api/v1/products")) == []
    for hidden in (draft, archived, closed):
        for client in (api, stranger, as_user(SellerFactory().user)):
            assert client.get(f"/api/v1/products/{hidden.pk}").status_code == 404
            assert client.get(f"/api/v1/products/{hidden.pk}/variants").status_code == 404
        assert admin.get(f"/api/v1/products/{hidden.pk}").status_code == 200
    assert shop.get(f"/api/v1/products/{draft.pk}").status_code == 200
    assert shop.get(f"/api/v1/products/{archived.slug}").status_code == 200
    assert titles(shop.get("/api/v1/products")) == []
    assert titles(shop.get("/api/v1/products/my")) == ["Archived", "Draft"]
    assert titles(shop.get("/api/v1/products/my?status=draft")) == ["Draft"]


def test_guests_reads_carry_an_etag_of_the_bytes(api, shop, seller):
    product = offer("Kettle", seller=seller)
    for path in (
        "/api/v1/products",
        f"/api/v1/products/{product.pk}",
        "/api/v1/categories",
        "/api/v1/brands",
    ):
        first = api.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert first.headers["ETag"].startswith('"')
        again = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    before = api.get(f"/api/v1/products/{product.pk}").headers["ETag"]
    shop.patch(f"/api/v1/products/{product.pk}", {"title": "New"})
    assert api.get(f"/api/v1/products/{product.pk}", headers={"If-None-Match": before}).status_code == 200
    assert shop.get(f"/api/v1/products/{product.pk}").headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("key", ["999999", "nothing", "99999999999999999999999", "a%00b"])
def test_unknown_products_are_404(api, key):
    assert api.get(f"/api/v1/products/{key}").status_code == 404
