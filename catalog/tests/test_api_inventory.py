"""Inventory and locations over HTTP."""

import pytest
from django.utils import timezone

from accounts.signals import seller_approved
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog import services
from catalog.models import Location, StockLevel, StockMovement
from catalog.tests.factories import VariantFactory
from catalog.verification import verify_stock
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant():
    return VariantFactory(stock=10)


@pytest.fixture
def shop(as_user, variant):
    return as_user(variant.seller.user)


def test_levels_and_a_variants_inventory(shop, variant):
    VariantFactory(stock=99)  # another shop's
    level = StockLevel.objects.get(variant=variant)
    expected = {
        "variant": str(variant.pk),
        "product": str(variant.product_id),
        "sku": variant.sku,
        "location": str(level.location_id),
        "on_hand": 10,
        "reserved": 0,
        "available": 10,
        "sellable": 10,
        "backorder_limit": 0,
        "low_stock_threshold": 0,
    }
    assert shop.get("/api/v1/inventory").json()["results"] == [expected | {"version": 1}]
    one = shop.get(f"/api/v1/inventory/{variant.pk}")
    assert one.json() == expected | {"levels": [expected | {"version": 1}]}
    assert one.headers["ETag"] == f'"{variant.pk}-1"'


def test_more_units_than_can_be_counted(shop, variant):
    answer = shop.post(
        "/api/v1/inventory/adjust", {"variant": str(variant.pk), "delta": 2**31 - 1, "reason": "found"}
    )
    assert answer.status_code == 400
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/delta", "too_many")]
    assert StockLevel.objects.get(variant=variant).on_hand == 10


def test_adjust_and_movements(shop, variant):
    answer = shop.post(
        "/api/v1/inventory/adjust", {"variant": str(variant.pk), "delta": -4, "reason": "broken"}
    )
    assert answer.status_code == 200, answer.json()
    assert answer.json()["on_hand"] == 6

    rows = shop.get(f"/api/v1/inventory/{variant.pk}/movements").json()["results"]
    assert [(row["kind"], row["delta"], row["on_hand_after"], row["reason"]) for row in rows] == [
        ("adjusted", -4, 6, "broken"),
        ("received", 10, 10, ""),
    ]
    assert rows[0]["actor"] == f"user:{variant.seller.user_id}"
    event = EventRecord.objects.get(type="inventory.changed")
    assert event.data == {
        "product": str(variant.product_id),
        "variant": str(variant.pk),
        "available": True,
        "quantity": 6,
    }
    assert event.audiences == sorted([f"product:{variant.product_id}", f"seller:{variant.seller_id}"])
    assert list(verify_stock()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"delta": 0}, {"delta": 1.5}, {"delta": "1"}, {"delta": True}, {"delta": 2**31}, {"delta": None},
        {"reason": ""}, {"reason": 5}, {"variant": 5}, {"location": "999999"}, {"location": 1}, {"extra": 1},
    ],
)  # fmt: skip
def test_adjust_refuses(shop, variant, change):
    body = {"variant": str(variant.pk), "delta": 1, "reason": "count"} | change
    assert shop.post("/api/v1/inventory/adjust", body).status_code == 400
    assert StockMovement.objects.count() == 1


def test_a_sum_beyond_an_integer_is_400(shop, variant):
    body = {"variant": str(variant.pk), "delta": 2**31 - 1, "reason": "count"}
    assert shop.post("/api/v1/inventory/adjust", body).status_code == 400
    assert StockLevel.objects.get(variant=variant).on_hand == 10


def test_stock_does_not_fall_below_what_is_reserved(shop, variant):
    services.hold_stock(demand={variant.pk: 4}, reference="order:1", expires_at=timezone.now())
    refused = shop.post(
        "/api/v1/inventory/adjust", {"variant": str(variant.pk), "delta": -7, "reason": "count"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert (
        shop.post(
            "/api/v1/inventory/adjust", {"variant": str(variant.pk), "delta": -6, "reason": "x"}
        ).status_code
        == 200
    )
    assert shop.get(f"/api/v1/inventory/{variant.pk}").json()["available"] == 0


def test_the_stock_of_others_is_404(api, as_user, variant):
    for client, code in [(as_user(SellerFactory().user), 404), (as_user(UserFactory()), 403), (api, 401)]:
        body = {"variant": str(variant.pk), "delta": 5, "reason": "mine"}
        assert client.post("/api/v1/inventory/adjust", body).status_code == code
        assert client.get(f"/api/v1/inventory/{variant.pk}").status_code == code
        assert client.get(f"/api/v1/inventory/{variant.pk}/movements").status_code == code
        assert client.patch(f"/api/v1/inventory/{variant.pk}", {"low_stock_threshold": 5}).status_code == code
    level = StockLevel.objects.get()
    assert (level.on_hand, level.low_stock_threshold) == (10, 0)
    assert as_user(AdminFactory()).get(f"/api/v1/inventory/{variant.pk}").status_code == 200


def test_threshold_with_if_match(shop, variant):
    path = f"/api/v1/inventory/{variant.pk}"
    tag = shop.get(path).headers["ETag"]
    services.sell_stock(demand={variant.pk: 1}, reference="order:1")

    changed = shop.patch(path, {"low_stock_threshold": 5}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["low_stock_threshold"]) == (200, 5)
    assert changed.headers["ETag"] != tag
    assert shop.patch(path, {"low_stock_threshold": 6}, headers={"If-Match": tag}).status_code == 412
    assert shop.patch(path, {"low_stock_threshold": -1}).status_code == 400
    assert shop.patch(path, {"on_hand": 50}).status_code == 400
    assert StockLevel.objects.get().low_stock_threshold == 5

    services.sell_stock(demand={variant.pk: 4}, reference="order:2")
    low = EventRecord.objects.get(type="stock.low")
    assert (low.data["available"], low.data["threshold"], low.stream) == (5, 5, "notifications")
    assert low.audiences == [f"seller:{variant.seller_id}"]
    services.sell_stock(demand={variant.pk: 1}, reference="order:3")
    assert EventRecord.objects.filter(type="stock.low").count() == 1
    assert [row["sku"] for row in shop.get("/api/v1/inventory?low_stock=true").json()["results"]] == [
        variant.sku
    ]
    assert shop.get("/api/v1/inventory?low_stock=false").json()["results"] == []


def test_a_second_location(shop, variant):
    second = shop.post("/api/v1/locations", {"name": "Attic", "priority": 5}).json()
    body = {"variant": str(variant.pk), "location": second["id"], "delta": 7, "reason": "moved in"}
    answer = shop.post("/api/v1/inventory/adjust", body).json()
    assert (answer["on_hand"], [level["on_hand"] for level in answer["levels"]]) == (17, [10, 7])

    services.sell_stock(demand={variant.pk: 12}, reference="order:1")
    assert [level["on_hand"] for level in shop.get(f"/api/v1/inventory/{variant.pk}").json()["levels"]] == [
        0,
        5,
    ]
    services.return_stock(demand={variant.pk: 1}, reference="order:1", reason="return")
    rows = shop.get(f"/api/v1/inventory?location={second['id']}").json()["results"]
    assert [row["on_hand"] for row in rows] == [5]

    refused = shop.delete(f"/api/v1/locations/{second['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "location_in_use")
    shop.post("/api/v1/inventory/adjust", body | {"delta": -5})
    assert shop.delete(f"/api/v1/locations/{second['id']}").status_code == 204
    assert shop.get(f"/api/v1/locations/{second['id']}").status_code == 404
    assert shop.post("/api/v1/inventory/adjust", body).status_code == 400
    assert list(verify_stock()) == []


def test_locations(as_user):
    seller = SellerFactory()
    shop = as_user(seller.user)
    first = shop.get("/api/v1/locations").json()["results"]
    assert [(row["name"], row["seller"]) for row in first] == [("Main", str(seller.pk))]
    assert shop.delete(f"/api/v1/locations/{first[0]['id']}").json()["code"] == "last_location"
    assert shop.post("/api/v1/locations", {"name": "Main"}).json()["code"] == "location_exists"
    assert shop.post("/api/v1/locations", {"name": "", "priority": "1"}).status_code == 400
    renamed = shop.patch(f"/api/v1/locations/{first[0]['id']}", {"name": "Cellar"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Cellar")

    stranger = as_user(SellerFactory().user)
    assert stranger.patch(f"/api/v1/locations/{first[0]['id']}", {"name": "Mine"}).status_code == 404
    assert stranger.delete(f"/api/v1/locations/{first[0]['id']}").status_code == 404
    assert as_user(UserFactory()).get("/api/v1/locations").status_code == 403
    assert Location.objects.get(seller=seller).name == "Cellar"


def test_an_approved_seller_gets_a_location():
    seller = SellerFactory()
    seller_approved.send(sender=type(seller), seller=seller)
    assert Location.objects.filter(seller=seller).count() == 1


def test_list_is_few_statements(shop, variant, django_assert_max_num_queries):
    for _ in range(3):
        VariantFactory(product=variant.product)
    with django_assert_max_num_queries(2):
        assert len(shop.get("/api/v1/inventory").json()["results"]) == 4
