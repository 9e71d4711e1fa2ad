"""`expand=` on orders: products and shops in place of their ids."""

from typing import Any

import pytest

from catalog.models import Product
from catalog.tests.factories import VariantFactory
from orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"


def test_products_and_shops_of_an_order(api: Any, as_user: Any) -> None:
    kettle, gone = VariantFactory(), VariantFactory()
    order = OrderFactory(variants=[kettle, gone])
    Product.objects.filter(pk=gone.product_id).update(status="archived")
    client = as_user(order.user)
    plain = client.get(f"{ORDERS}/{order.pk}").json()

    body = client.get(f"{ORDERS}/{order.number}?expand=items.product,parts.seller").json()

    listed = {row["id"]: row for row in api.get("/api/v1/products").json()["results"]}
    assert [item["product"] for item in body["items"]] == [
        listed[str(kettle.product_id)], str(gone.product_id),
    ]  # fmt: skip
    shops = [api.get(f"/api/v1/sellers/{variant.seller_id}").json() for variant in (kettle, gone)]
    assert [part["seller"] for part in body["parts"]] == shops
    assert [item["product"] for part in body["parts"] for item in part["items"]] == [
        str(kettle.product_id), str(gone.product_id),
    ]  # fmt: skip
    for row in (*body["items"], *plain["items"]):
        del row["product"]
    for row in (*body["parts"], *plain["parts"]):
        del row["seller"]
    assert body == plain
    seller = as_user(kettle.seller.user)
    [part] = seller.get(f"{ORDERS}/seller?expand=items.product").json()["results"]
    assert part["items"][0]["product"] == listed[str(kettle.product_id)]


def test_as_many_statements_for_many_orders(as_user: Any, django_assert_max_num_queries: Any) -> None:
    first = OrderFactory(variants=[VariantFactory(), VariantFactory()])
    for _ in range(3):
        OrderFactory(user=first.user, variants=[VariantFactory(), VariantFactory()])
    client, path = as_user(first.user), f"{ORDERS}?expand=items.product,parts.seller"
    for limit in (1, 4):
        with django_assert_max_num_queries(10):  # who asks, six of the orders, products, pictures, shops
            assert len(client.get(f"{path}&limit={limit}").json()["results"]) == limit


@pytest.mark.parametrize("query", ["expand=customer", "expand=items.product.seller", "expand=items"])
def test_what_cannot_be_expanded_is_400(as_user: Any, query: str) -> None:
    order = OrderFactory()
    answer = as_user(order.user).get(f"{ORDERS}/{order.pk}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/expand")
