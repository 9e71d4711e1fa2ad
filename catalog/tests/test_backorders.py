"""Selling what is not there, where its seller says so: as many as may be owed, not one more."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalog import services
from catalog.errors import OutOfStock
from catalog.models import Location, StockLevel, StockMovement, Variant
from catalog.services import stock_statements
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.tests.files import run
from catalog.tests.races import at_once
from catalog.transfer.exporting import export_csv
from catalog.verification import verify_stock
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db
SOON = timezone.now() + timedelta(minutes=30)


def hold(demand, reference):
    with transaction.atomic():
        services.hold_stock(demand=demand, reference=reference, expires_at=SOON)
    return "held"


def level_of(variant):
    return StockLevel.objects.get(variant=variant)


@pytest.fixture
def kettle(seller):
    return VariantFactory(product=ProductFactory(seller=seller), stock=2)


def test_from_the_choice_to_the_goods_that_come_in(api, shop, kettle):
    path = f"/api/v1/inventory/{kettle.pk}"
    level = shop.patch(path, {"backorder_limit": 3}).json()
    assert (level["available"], level["sellable"], level["backorder_limit"]) == (2, 5, 3)
    hold({kettle.pk: 2}, "order:1")
    shown = api.get(f"/api/v1/products/{kettle.product_id}").json()["variants"][0]
    assert (shown["available"], shown["on_backorder"]) == (True, True)

    hold({kettle.pk: 3}, "order:2")
    with pytest.raises(OutOfStock) as refused:
        hold({kettle.pk: 1}, "order:3")
    assert refused.value.members["lines"][0]["available"] == 0
    assert api.get(f"/api/v1/products/{kettle.product_id}").json()["variants"][0]["available"] is False
    assert services.sell_holds(reference="order:1") and services.sell_holds(reference="order:2")
    assert (level_of(kettle).on_hand, level_of(kettle).reserved) == (-3, 0)
    assert list(verify_stock()) == []

    refused = shop.patch(path, {"backorder_limit": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "backorders_open")
    refused = shop.post(
        "/api/v1/inventory/adjust", {"variant": str(kettle.pk), "delta": -1, "reason": "count"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    services.return_stock(demand={kettle.pk: 1}, reference="order:2", reason="changed their mind")
    answer = shop.post(
        "/api/v1/inventory/adjust", {"variant": str(kettle.pk), "delta": 10, "reason": "delivery"}
    )
    assert (answer.json()["on_hand"], answer.json()["sellable"]) == (8, 11)
    kettle.refresh_from_db()
    assert (kettle.is_available, kettle.is_on_backorder) == (True, False)
    heard = (
        EventRecord.objects.filter(type="inventory.changed")
        .order_by("pk")
        .values_list("data__quantity", flat=True)
    )
    assert list(heard) == [5, 3, 0, 0, 0, 1, 11]
    assert list(verify_stock()) == []


def test_what_is_there_goes_first_wherever_it_lies(seller, kettle):
    level = level_of(kettle)
    StockLevel.objects.filter(pk=level.pk).update(backorder_limit=5)
    cellar = Location.objects.create(seller=seller, name="Cellar", priority=9)
    services.adjust_stock(variant=kettle, location=cellar, delta=3, reason="count", actor="user:1")

    hold({kettle.pk: 6}, "order:1")

    assert sorted(StockLevel.objects.values_list("location__name", "reserved")) == [
        ("Cellar", 3),
        ("Main", 3),
    ]
    assert services.release_holds(reference="order:1")
    assert list(verify_stock()) == []


def test_the_wall_stands_behind_the_guard(kettle):
    for values in ({"reserved": 3}, {"on_hand": -1}, {"reserved": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StockLevel.objects.filter(variant=kettle).update(**values)
    StockLevel.objects.filter(variant=kettle).update(backorder_limit=1, reserved=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.filter(variant=kettle).update(backorder_limit=0)


def test_a_location_that_owes_stays_and_one_that_does_not_closes(shop, seller, kettle):
    shop.patch(f"/api/v1/inventory/{kettle.pk}", {"backorder_limit": 3})
    Location.objects.create(seller=seller, name="Cellar", priority=9)
    hold({kettle.pk: 3}, "order:1")
    services.sell_holds(reference="order:1")
    main = level_of(kettle).location_id
    refused = shop.delete(f"/api/v1/locations/{main}")
    assert (refused.status_code, refused.json()["code"], level_of(kettle).backorder_limit) == (
        409,
        "location_in_use",
        3,
    )
    shop.post("/api/v1/inventory/adjust", {"variant": str(kettle.pk), "delta": 1, "reason": "delivery"})
    assert Variant.objects.get().is_on_backorder
    assert shop.delete(f"/api/v1/locations/{main}").status_code == 204
    assert (Variant.objects.get().is_available, level_of(kettle).backorder_limit) == (False, 0)
    assert list(verify_stock()) == []


def test_a_file_of_what_is_owed_changes_nothing(seller, kettle):
    StockLevel.objects.filter(variant=kettle).update(backorder_limit=5)
    services.sell_stock(demand={kettle.pk: 4}, reference="order:1")
    exported = "".join(export_csv(seller_id=seller.pk, format_="souk"))
    assert ",-2," in exported.replace("'", "")
    movements = StockMovement.objects.count()
    assert run(seller, exported).errors == []
    assert (level_of(kettle).on_hand, StockMovement.objects.count()) == (-2, movements)


@pytest.mark.parametrize("limit", [-1, 1_000_001, "3", 1.5, None])
def test_odd_limits_are_refused(shop, kettle, limit):
    assert shop.patch(f"/api/v1/inventory/{kettle.pk}", {"backorder_limit": limit}).status_code == 400
    assert level_of(kettle).backorder_limit == 0


@pytest.mark.django_db(transaction=True)
def test_as_many_as_may_be_owed_and_not_one_more():
    variant = VariantFactory(stock=3)
    StockLevel.objects.update(backorder_limit=4)
    answers = at_once([partial(hold, {variant.pk: 1}, f"order:{n}") for n in range(20)])
    assert answers.count("held") == 7
    assert {type(answer) for answer in answers if answer != "held"} == {OutOfStock}
    assert list(verify_stock()) == []


@pytest.mark.django_db(transaction=True)
def test_control_without_guard_and_wall_it_owes_too_much(monkeypatch):
    """The plan alone reads the limit right, but for a statement that did not lock: then only guard and wall hold."""
    variant = VariantFactory(stock=3)
    StockLevel.objects.update(backorder_limit=4)
    guard = "AND level.reserved + plan.reserve - (level.on_hand + plan.hand) <= level.backorder_limit"
    lock, drop = (
        "ORDER BY level.id FOR NO KEY UPDATE OF level",
        "DROP CONSTRAINT level_reserved_within_on_hand",
    )
    assert guard in stock_statements.HOLD and lock in stock_statements.HOLD
    slow = "ORDER BY level.id) AS level CROSS JOIN (SELECT pg_sleep(0.2)) AS slept"
    naive = stock_statements.HOLD.replace(guard, "")
    naive = naive.replace(
        "locked AS MATERIALIZED (", "locked AS MATERIALIZED (SELECT level.* FROM ("
    ).replace(lock, slow)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE catalog_stocklevel {drop}")
    monkeypatch.setattr(stock_statements, "HOLD", naive)
    try:
        answers = at_once([partial(hold, {variant.pk: 3}, f"order:{n}") for n in range(6)])
        assert answers.count("held") * 3 > 7
    finally:
        StockLevel.objects.update(reserved=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE catalog_stocklevel ADD CONSTRAINT level_reserved_within_on_hand"
                " CHECK (reserved >= 0 AND backorder_limit >= reserved - on_hand)"
            )
