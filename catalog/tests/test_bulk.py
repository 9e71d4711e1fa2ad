"""Prices and stock of many variants at once: every row has its own outcome."""

import pytest

from accounts.tests.factories import AdminFactory, SellerFactory
from catalog.models import Location, Product, StockLevel, StockMovement, Variant
from catalog.services.bulk import NewStock, set_stock
from catalog.services.stock import default_location
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.tests.races import at_once
from catalog.verification import verify_stock
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db
USD = {"currency": "USD"}


def outcomes(answer):
    assert answer.status_code == 200, answer.json()
    return [row.get("code", row["status"]) for row in answer.json()["results"]]


def test_prices_each_row_for_itself(seller, shop):
    one = VariantFactory(product=ProductFactory(seller=seller))
    two = ProductFactory(seller=seller)
    small, large = (VariantFactory(product=two, options={"Size": size}) for size in "SL")
    other = VariantFactory()
    rows = [
        {
            "variant": str(one.pk),
            "price": {"amount": 900, **USD},
            "compare_at_price": {"amount": 1999, **USD},
        },
        {"variant": str(small.pk), "price": {"amount": 1500, "currency": "EUR"}},
        {"variant": str(other.pk), "price": {"amount": 1, **USD}},
        {"variant": str(one.pk), "price": {"amount": 5, **USD}},
        {"variant": "many", "price": {"amount": 5, **USD}},
    ]

    rows[1]["compare_at_price"] = {"amount": 1600, **USD}
    answer = shop.post("/api/v1/variants/prices", {"items": rows})

    assert outcomes(answer) == ["updated", "currency_mismatch", "not_found", "duplicate", "not_found"]
    assert {name: answer.json()[name] for name in ("updated", "unchanged", "failed")} == {
        "updated": 1, "unchanged": 0, "failed": 4,
    }  # fmt: skip
    product = Product.objects.get(pk=one.product_id)
    assert (product.price_amount, product.compare_at_amount, product.is_on_sale, product.version) == (
        900,
        1999,
        True,
        2,
    )
    assert [row.price_amount for row in Variant.objects.filter(pk__in=[small.pk, large.pk, other.pk])] == [
        1999
    ] * 3
    assert EventRecord.objects.filter(type="product.price_changed").count() == 1

    both = [{"variant": str(row.pk), "price": {"amount": 1500, "currency": "EUR"}} for row in (small, large)]
    assert outcomes(shop.post("/api/v1/variants/prices", {"items": both})) == ["updated", "updated"]
    assert outcomes(shop.post("/api/v1/variants/prices", {"items": both})) == ["unchanged", "unchanged"]
    assert Product.objects.get(pk=two.pk).currencies == ["EUR"]


def test_stock_each_row_for_itself(seller, shop):
    one, two = (VariantFactory(product=ProductFactory(seller=seller)) for _ in range(2))
    cellar = Location.objects.create(seller=seller, name="Cellar", priority=9)
    foreign = default_location(seller_id=SellerFactory().pk)
    rows = [
        {"variant": str(one.pk), "delta": -3},
        {"variant": str(one.pk), "location": str(cellar.pk), "on_hand": 7},
        {"variant": str(two.pk), "delta": -11},
        {"variant": str(two.pk), "on_hand": 10, "location": str(foreign.pk)},
        {"variant": str(one.pk), "delta": 1},
        {"variant": str(two.pk), "on_hand": 10},
        {"variant": str(two.pk), "on_hand": 9, "version": 5},
    ]

    answer = shop.post("/api/v1/inventory/bulk", {"items": rows, "reason": "count"})

    assert outcomes(answer) == [
        "updated", "updated", "insufficient_stock", "location_not_found", "duplicate", "unchanged", "duplicate",
    ]  # fmt: skip
    assert sorted(StockLevel.objects.values_list("variant", "on_hand")) == [
        (one.pk, 7),
        (one.pk, 7),
        (two.pk, 10),
    ]
    assert list(verify_stock()) == []
    stale = [{"variant": str(one.pk), "on_hand": 1, "version": 1}]
    assert outcomes(shop.post("/api/v1/inventory/bulk", {"items": stale, "reason": "count"})) == [
        "precondition_failed"
    ]
    stale[0]["version"] = 2
    assert outcomes(shop.post("/api/v1/inventory/bulk", {"items": stale, "reason": "count"})) == ["updated"]
    assert shop.post("/api/v1/inventory/bulk", {"items": rows * 150, "reason": "count"}).status_code == 400
    both = [{"variant": str(one.pk), "delta": 1, "on_hand": 1}]
    assert shop.post("/api/v1/inventory/bulk", {"items": both, "reason": "count"}).status_code == 400


def test_an_administrator_reaches_every_shop(as_user):
    variants = [VariantFactory(), VariantFactory()]
    rows = [{"variant": str(row.pk), "delta": 1} for row in variants]
    answer = as_user(AdminFactory()).post("/api/v1/inventory/bulk", {"items": rows, "reason": "count"})
    assert outcomes(answer) == ["updated", "updated"]


def test_statements_do_not_grow_with_the_rows(seller, django_assert_max_num_queries):
    variants = [VariantFactory(product=ProductFactory(seller=seller)) for _ in range(30)]
    rows = [NewStock(variant=row.pk, delta=1) for row in variants]
    with django_assert_max_num_queries(14):
        assert set_stock(seller_id=seller.pk, rows=rows, reason="count", actor="user:1") == ["updated"] * 30


@pytest.mark.django_db(transaction=True)
def test_adjustments_at_once_add_up():
    seller = SellerFactory()
    variants = [VariantFactory(product=ProductFactory(seller=seller), stock=0) for _ in range(3)]

    def add(rows):
        return lambda: set_stock(seller_id=seller.pk, rows=rows, reason="count", actor="user:1")

    rows = [NewStock(variant=row.pk, delta=2) for row in variants]
    assert at_once([add(rows), add(rows[::-1])] * 4) == [["updated"] * 3] * 8
    assert list(StockLevel.objects.values_list("on_hand", flat=True)) == [16] * 3
    assert StockMovement.objects.count() == 24
    assert list(verify_stock()) == []


@pytest.mark.django_db(transaction=True)
def test_a_level_that_several_are_the_first_to_name_is_made_once():
    variant = VariantFactory(stock=10)
    cellar = Location.objects.create(seller=variant.seller, name="Cellar", priority=9)
    rows = [NewStock(variant=variant.pk, location=cellar.pk, delta=2)]

    def receive():
        return set_stock(seller_id=None, rows=rows, reason="count", actor="user:1")

    assert at_once([receive] * 6) == [["updated"]] * 6
    assert StockLevel.objects.get(location=cellar).on_hand == 12
    assert list(verify_stock()) == []


def test_transfers(seller, shop):
    variant = VariantFactory(product=ProductFactory(seller=seller), stock=10)
    main = default_location(seller_id=seller.pk)
    cellar = Location.objects.create(seller=seller, name="Cellar", priority=9)
    body = {"variant": str(variant.pk), "source": str(main.pk), "target": str(cellar.pk), "quantity": 4}

    tag = shop.get(f"/api/v1/inventory/{variant.pk}").headers["ETag"]
    answer = shop.post("/api/v1/inventory/transfer", body, headers={"If-Match": tag})

    assert [(level["on_hand"]) for level in answer.json()["levels"]] == [6, 4]
    moves = StockMovement.objects.exclude(kind="received").order_by("delta")
    assert [(move.kind, move.delta, move.on_hand_after) for move in moves] == [
        ("moved", -4, 6),
        ("moved", 4, 4),
    ]
    assert shop.post("/api/v1/inventory/transfer", body, headers={"If-Match": tag}).status_code == 412
    refused = shop.post("/api/v1/inventory/transfer", body | {"quantity": 7})
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert shop.post("/api/v1/inventory/transfer", body | {"target": str(main.pk)}).status_code == 400
    foreign = default_location(seller_id=SellerFactory().pk)
    assert shop.post("/api/v1/inventory/transfer", body | {"target": str(foreign.pk)}).status_code == 400
    assert list(StockLevel.objects.order_by("pk").values_list("on_hand", flat=True)) == [6, 4]
    assert list(verify_stock()) == []
