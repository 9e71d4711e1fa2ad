"""`expand=`: related rows as their own resources, read for a whole page at once."""

from typing import Any

import pytest

from accounts.models import Seller
from accounts.tests.factories import SellerFactory
from catalog import cache
from catalog.models import Product
from catalog.tests.factories import BrandFactory, CategoryFactory, offer

pytestmark = pytest.mark.django_db
API = "/api/v1"
LIST = f"{API}/products"
ALL = "expand=seller,brand,category"


@pytest.fixture
def goods() -> list[Product]:
    """Three products of as many shops, brands and categories, one below the other; and one of none."""
    top = CategoryFactory(slug="home")
    shelves = [top, CategoryFactory(parent=top), CategoryFactory(parent=top)]
    CategoryFactory(parent=shelves[1])
    of_shops = [offer(f"P{n}", brand=BrandFactory(), category=shelf) for n, shelf in enumerate(shelves)]
    return [*of_shops, offer("Plain")]


def test_related_rows_are_what_their_own_addresses_say(api: Any, goods: Any) -> None:
    plain = {row["id"]: row for row in api.get(LIST).json()["results"]}
    rows = api.get(f"{LIST}?{ALL}").json()["results"]
    assert len(rows) == 4
    for row in rows:
        for name, path in (("seller", "sellers"), ("brand", "brands"), ("category", "categories")):
            short = plain[row["id"]].pop(name)
            whole = api.get(f"{API}/{path}/{short['id']}").json() if short else None
            assert row.pop(name) == whole
        assert row == plain[row["id"]]


def test_one_product_and_trimmed_rows(api: Any, goods: Any) -> None:
    product = goods[0]
    shop = api.get(f"{API}/sellers/{product.seller_id}").json()
    assert api.get(f"{LIST}/{product.slug}?expand=seller").json()["seller"] == shop
    trimmed = api.get(f"{LIST}?seller={product.seller_id}&fields=id,seller&expand=seller,brand")
    assert trimmed.json()["results"] == [{"id": str(product.pk), "seller": shop}]
    assert "expand=seller" in api.get(f"{LIST}?limit=1&expand=seller").json()["next"]


@pytest.mark.parametrize("limit", [1, 4])
def test_a_page_costs_the_same_however_long(
    api: Any, goods: Any, django_assert_num_queries: Any, limit: int
) -> None:
    with django_assert_num_queries(6):  # products, pictures, shops, brands, categories and those around them
        assert len(api.get(f"{LIST}?{ALL}&limit={limit}&sort=created_at").json()["results"]) == limit
    with django_assert_num_queries(2):
        api.get(f"{LIST}?limit={limit}")


@pytest.mark.parametrize(
    "query", ["expand=", "expand=variants", "expand=seller,", "expand=seller&expand=brand"]
)
def test_what_cannot_be_expanded_is_400(api: Any, goods: Any, query: str) -> None:
    for path in (LIST, f"{LIST}/{goods[0].pk}"):
        answer = api.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/expand")


def test_only_reads_of_what_declares_it_take_it(api: Any, as_user: Any, goods: Any) -> None:
    product = goods[0]
    owner = as_user(product.seller.user)
    for answer in (
        owner.patch(f"{LIST}/{product.pk}?expand=seller", {"title": "Other"}),
        api.get(f"{API}/brands?expand=seller"),
    ):
        assert answer.json()["errors"][0]["code"] == "unknown_parameter"
    assert Product.objects.get(pk=product.pk).title == "P0"


def test_what_is_not_public_stays_in_its_short_form(as_user: Any) -> None:
    shop = SellerFactory()
    product = offer("Kettle", seller=shop)
    Seller.objects.filter(pk=shop.pk).update(status="suspended")
    row = as_user(shop.user).get(f"{LIST}/my?expand=seller").json()["results"][0]
    assert (row["id"], row["seller"]) == (
        str(product.pk), {"id": str(shop.pk), "slug": shop.slug, "name": shop.name},
    )  # fmt: skip


def test_expanded_reads_are_not_answered_from_the_cache() -> None:
    """They show what no write of a product would tell the cache of, such as a shop's followers."""
    assert cache.question_of(LIST, "") is not None
    assert cache.question_of(LIST, "expand=seller") is None
    assert cache.question_of(f"{LIST}/kettle", "currency=USD&expand=seller") is None
