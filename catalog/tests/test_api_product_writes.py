"""Products over HTTP: creating, changing, archiving, and who may."""

import pytest

from accounts.models import Seller
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog import services
from catalog.models import Product, StockMovement
from catalog.tests.factories import BrandFactory, CategoryFactory, offer
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db
USD = {"amount": 1999, "currency": "USD"}


def body(**values):
    return {"title": "Tea pot", "sku": "POT-1", "price": USD, "stock": 3, **values}


def test_create_with_one_variant(shop, seller):
    response = shop.post("/api/v1/products", body(tags=["tea", "tea"], attributes={"colour": "red"}))

    assert response.status_code == 201, response.json()
    created = response.json()
    assert (created["slug"], created["status"], created["available"]) == ("tea-pot", "active", True)
    assert (created["price"], created["tags"]) == (USD, ["tea"])
    assert [variant["sku"] for variant in created["variants"]] == ["POT-1"]
    product = Product.objects.get()
    assert response.headers["ETag"] == f'"{product.pk}-1"'
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.delta, movement.actor) == ("received", 3, f"user:{seller.user_id}")
    assert Seller.objects.get(pk=seller.pk).product_count == 1


def test_create_with_variants_category_and_brand(shop):
    category, brand = CategoryFactory(), BrandFactory()
    variants = [
        {"sku": "S", "price": {"amount": 900, "currency": "JPY"}, "options": {"Size": "S", "Colour": "red"}, "stock": 0},
        {"sku": "M", "price": {"amount": 800, "currency": "JPY"}, "compare_at_price": {"amount": 1000, "currency": "JPY"},
         "options": {"Size": "M", "Colour": "red"}, "weight_g": 120, "barcode": "4006381333931", "stock": 2},
    ]  # fmt: skip

    response = shop.post(
        "/api/v1/products/create",
        {
            "title": "Shirt",
            "category": category.slug,
            "brand": str(brand.pk),
            "status": "draft",
            "variants": variants,
        },
    )

    assert response.status_code == 201, response.json()
    created = response.json()
    assert created["category"]["id"] == str(category.pk)
    assert created["brand"]["slug"] == brand.slug
    assert (created["status"], created["price"]["amount"], created["compare_at_price"]["amount"]) == (
        "draft",
        800,
        1000,
    )
    assert [(row["sku"], row["available"], list(row["options"])) for row in created["variants"]] == [
        ("S", False, ["Size", "Colour"]),
        ("M", True, ["Size", "Colour"]),
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": 7}, "/title"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 1_000_000}, "/title"),
        ({"title": None}, "/title"),
        ({"price": {"amount": -1, "currency": "USD"}}, "/price"),
        ({"price": {"amount": 2**53, "currency": "USD"}}, "/price"),
        ({"price": {"amount": 1.5, "currency": "USD"}}, "/price"),
        ({"price": {"amount": "5", "currency": "USD"}}, "/price"),
        ({"price": {"amount": True, "currency": "USD"}}, "/price"),
        ({"price": {"amount": 5, "currency": "XXX"}}, "/price"),
        ({"price": {"amount": 5}}, "/price"),
        ({"price": 5}, "/price"),
        ({"stock": -1}, "/stock"),
        ({"stock": 1.0}, "/stock"),
        ({"stock": "3"}, "/stock"),
        ({"stock": 2**31}, "/stock"),
        ({"status": "archived"}, "/status"),
        ({"status": "sold"}, "/status"),
        ({"category": "nothing"}, "/category"),
        ({"category": 7}, "/category"),
        ({"brand": "nothing"}, "/brand"),
        ({"attributes": {"a": {"b": 1}}}, "/attributes"),
        ({"attributes": ["a"]}, "/attributes"),
        ({"attributes": {"": "x"}}, "/attributes"),
        ({"tags": "red"}, "/tags"),
        ({"tags": ["a,b"]}, "/tags/0"),
        ({"compare_at_price": {"amount": 5, "currency": "EUR"}}, "/compare_at_price"),
        ({"colour": "red"}, "/colour"),
        ({"units_sold": 7}, "/units_sold"),
        ({"variants": []}, "/variants"),
        ({"variants": [{"sku": "A", "price": USD}]}, "/sku"),
        ({"sku": ""}, "/sku"),
        ({"weight_g": -1}, "/weight_g"),
    ],
)
def test_create_refuses(shop, change, pointer):
    response = shop.post("/api/v1/products", body(**change))
    assert response.status_code == 400
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert not Product.objects.exists()


def variant(sku="A", **values):
    return {"sku": sku, "price": USD, **values}


@pytest.mark.parametrize(
    ("variants", "pointer"),
    [
        ([variant("A"), variant("B", price={"amount": 1, "currency": "EUR"})], "/variants/1/price"),
        ([variant("A", options={"Size": "S"}), variant("B")], "/variants/1/options"),
        ([variant("A", options={"Size": "S"}), variant("B", options={"Size": "S"})], "/variants/1/options"),
        ([variant("A", options={"Size": "S"}), variant("A", options={"Size": "M"})], "/variants/1/sku"),
        ([variant("A", options={"Size": 5})], "/variants/0/options"),
        ([variant("A", options={"a": "1", "b": "2", "c": "3", "d": "4"})], "/variants/0/options"),
        ([variant(f"A{n}", options={"Size": str(n)}) for n in range(101)], "/variants"),
        ([{"sku": "A"}], "/variants/0/price"),
        (["A"], "/variants/0"),
        ({"sku": "A"}, "/variants"),
    ],
)
def test_create_refuses_variants(shop, variants, pointer):
    response = shop.post("/api/v1/products", {"title": "Shirt", "variants": variants})
    assert response.status_code == 400
    assert any(error["pointer"].startswith(pointer) for error in response.json()["errors"]), response.json()
    assert not Product.objects.exists()


def test_a_nul_is_400(shop):
    response = shop.post("/api/v1/products", '{"title": "a\\u0000b"}', content_type="application/json")
    assert response.status_code == 400


def test_a_hundred_variants_are_welcome(shop):
    many = [variant(f"A{n}", options={"Size": str(n)}) for n in range(100)]
    assert shop.post("/api/v1/products", {"title": "Shirt", "variants": many}).status_code == 201
    product = Product.objects.get()
    one_more = shop.post(f"/api/v1/products/{product.pk}/variants", variant("X", options={"Size": "X"}))
    assert (one_more.status_code, one_more.json()["code"]) == (409, "too_many_variants")


def test_a_sku_is_one_shops_once(shop, as_user):
    assert shop.post("/api/v1/products", body()).status_code == 201
    again = shop.post("/api/v1/products", body(title="Other"))
    assert (again.status_code, again.json()["code"], again.json()["sku"]) == (409, "sku_taken", "POT-1")
    assert Product.objects.count() == 1
    assert as_user(SellerFactory().user).post("/api/v1/products", body()).status_code == 201
    assert sorted(Product.objects.values_list("slug", flat=True)) == ["tea-pot", "tea-pot-2"]


@pytest.mark.parametrize("title", ["my", "Create", "import", "EXPORT", "12345", "茶"])
def test_slugs_are_neither_numbers_nor_path_words(shop, title):
    slug = shop.post("/api/v1/products", body(title=title)).json()["slug"]
    assert slug not in {"my", "create", "import", "export"}
    assert not slug.isdecimal()
    assert shop.get(f"/api/v1/products/{slug}").status_code == 200


def test_who_may_create(api, as_user, seller):
    pending = SellerFactory(status="pending")
    assert api.post("/api/v1/products", body()).status_code == 401
    assert as_user(UserFactory()).post("/api/v1/products", body()).status_code == 403
    assert as_user(pending.user).post("/api/v1/products", body()).status_code == 403
    assert as_user(SellerFactory(status="suspended").user).post("/api/v1/products", body()).status_code == 403
    assert as_user(SellerFactory().user).post("/api/v1/products", body(seller=seller.slug)).status_code == 400
    admin = as_user(AdminFactory())
    assert admin.post("/api/v1/products", body()).json()["errors"][0]["pointer"] == "/seller"
    assert not Product.objects.exists()
    created = admin.post("/api/v1/products", body(seller=seller.slug))
    assert (created.status_code, created.json()["seller"]["id"]) == (201, str(seller.pk))


def test_an_idempotent_create_happens_once(shop):
    for _ in range(2):
        response = shop.post("/api/v1/products", body(), headers={"Idempotency-Key": "one"})
        assert response.status_code == 201
    assert response.headers["Idempotent-Replayed"] == "true"
    assert Product.objects.count() == 1


def test_patch(shop, seller):
    product = offer("Kettle", seller=seller)
    brand = BrandFactory()

    response = shop.patch(
        f"/api/v1/products/{product.slug}",
        {
            "title": "Pot",
            "brand": brand.slug,
            "category": None,
            "attributes": {"a": 1},
            "price": {"amount": 5, "currency": "USD"},
        },
    )

    assert response.status_code == 200, response.json()
    assert response.headers["ETag"] == f'"{product.pk}-2"'
    changed = response.json()
    assert (changed["title"], changed["slug"], changed["brand"]["id"]) == ("Pot", product.slug, str(brand.pk))
    assert (changed["price"]["amount"], changed["variants"][0]["price"]["amount"]) == (5, 5)
    event = EventRecord.objects.get(type="product.price_changed")
    assert event.data["previous"] == USD
    assert f"product:{product.pk}" in event.audiences


@pytest.mark.parametrize(
    "change",
    [{"stock": 5}, {"status": "draft"}, {"handle": "x"}, {"rating_sum": 5}, {"seller": "1"}, {"version": 9}],
)
def test_patch_refuses(shop, seller, change):
    product = offer("Kettle", seller=seller)
    before = list(Product.objects.values())
    assert shop.patch(f"/api/v1/products/{product.pk}", change).status_code == 400
    assert list(Product.objects.values()) == before


def test_if_match_compares_the_editors_version(shop, seller):
    product = offer("Kettle", seller=seller)
    path = f"/api/v1/products/{product.pk}"
    tag = shop.get(path).headers["ETag"]
    services.sell_stock(demand={product.variants.get().pk: 1}, reference="order:1")
    services.change_product_rating(product_id=product.pk, points=5, reviews=1)

    assert shop.patch(path, {"title": "Pot"}, headers={"If-Match": tag}).status_code == 200
    stale = shop.patch(path, {"title": "Pan"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert shop.delete(path, headers={"If-Match": tag}).status_code == 412
    assert Product.objects.get().title == "Pot"


def test_strangers_change_nothing(api, as_user, seller):
    public, draft = offer("Public", seller=seller), offer("Draft", seller=seller, status="draft")
    before = list(Product.objects.order_by("pk").values())
    other, customer = as_user(SellerFactory().user), as_user(UserFactory())
    for client, on_public, on_draft in [(api, 401, 401), (customer, 403, 403), (other, 403, 404)]:
        for product, expected in ((public, on_public), (draft, on_draft)):
            path = f"/api/v1/products/{product.pk}"
            assert client.patch(path, {"title": "Mine"}).status_code == expected
            assert client.delete(path).status_code == expected
            assert client.post(f"{path}/unpublish").status_code == expected
            assert client.post(f"{path}/variants", variant("X")).status_code == expected
            assert client.delete(f"{path}/variants/{product.variants.get().pk}").status_code == expected
    assert list(Product.objects.order_by("pk").values()) == before
    assert (
        as_user(AdminFactory()).patch(f"/api/v1/products/{draft.pk}", {"title": "Checked"}).status_code == 200
    )


def test_delete_archives_and_states_change_by_actions(api, shop, seller):
    product = offer("Kettle", seller=seller)
    path = f"/api/v1/products/{product.pk}"

    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 204
    assert Product.objects.get().status == "archived"
    assert api.get(path).status_code == 404
    published = shop.post(f"{path}/publish")
    assert (published.status_code, published.json()["status"]) == (200, "active")
    assert shop.post(f"{path}/publish").json()["code"] == "invalid_transition"
    assert shop.post(f"{path}/unpublish").json()["status"] == "draft"


def test_product_count_follows_the_status(shop, seller):
    shop.post("/api/v1/products", body())
    product = Product.objects.get()
    counts = [Seller.objects.get(pk=seller.pk).product_count]
    for act in ("unpublish", "publish"):
        shop.post(f"/api/v1/products/{product.pk}/{act}")
        counts.append(Seller.objects.get(pk=seller.pk).product_count)
    shop.delete(f"/api/v1/products/{product.pk}")
    assert [*counts, Seller.objects.get(pk=seller.pk).product_count] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("method", "path"), [("get", "create"), ("post", "my"), ("delete", "export"), ("put", "1")]
)
def test_other_methods_are_405(shop, method, path):
    assert getattr(shop, method)(f"/api/v1/products/{path}").status_code == 405
