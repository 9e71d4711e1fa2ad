"""Stock that lies at several places."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog import services
from catalog.errors import OutOfStock
from catalog.models import Location, Product, StockLevel
from catalog.services.stock import transfer_stock
from catalog.tests.factories import VariantFactory
from catalog.verification import verify_stock
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db


def stocked_in_three_places():
    """Two at the first place, three near, five far."""
    variant = VariantFactory(stock=2)
    near = Location.objects.create(seller=variant.seller, name="Near", priority=0)
    far = Location.objects.create(seller=variant.seller, name="Far", priority=9)
    for location, stock in ((far, 5), (near, 3)):
        services.adjust_stock(variant=variant, location=location, delta=stock, reason="count", actor="user:1")
    return variant


def on_hand(variant):
    levels = StockLevel.objects.filter(variant=variant).order_by("location__priority", "location_id")
    return list(levels.values_list("on_hand", flat=True))


def test_locations_are_taken_from_by_priority():
    variant = stocked_in_three_places()
    services.hold_stock(demand={variant.pk: 6}, reference="order:1", expires_at=timezone.now())
    assert list(
        StockLevel.objects.order_by("location__priority", "pk").values_list("reserved", flat=True)
    ) == [2, 3, 1]
    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        services.hold_stock(demand={variant.pk: 5}, reference="order:2", expires_at=timezone.now())
    assert refusal.value.members["lines"][0]["available"] == 4
    services.sell_holds(reference="order:1")
    assert EventRecord.objects.filter(type="inventory.changed").latest("pk").data["quantity"] == 4
    assert list(verify_stock()) == []


JOINS = ("hashjoin", "mergejoin", "nestloop")


@pytest.mark.parametrize("ending", [services.sell_holds, services.release_holds])
@pytest.mark.parametrize("join", JOINS)
def test_a_hold_ends_whole_whichever_plan_the_database_chooses(join, ending):
    variant = stocked_in_three_places()
    services.hold_stock(demand={variant.pk: 6}, reference="order:1", expires_at=timezone.now())
    with connection.cursor() as cursor:
        for other in JOINS:
            cursor.execute(f"SET LOCAL enable_{other} = {'on' if other == join else 'off'}")
    ending(reference="order:1")
    left = 4 if ending is services.sell_holds else 10
    assert EventRecord.objects.filter(type="inventory.changed").latest("pk").data["quantity"] == left
    assert Product.objects.get().units_sold == 10 - left
    assert list(verify_stock()) == []


@pytest.mark.parametrize(
    ("quantity", "expected"), [(1, [1, 0, 0]), (4, [2, 2, 0]), (6, [2, 3, 1]), (8, [4, 3, 1])]
)
def test_what_was_sold_from_several_places_goes_back_to_each(quantity, expected):
    variant = stocked_in_three_places()
    services.sell_stock(demand={variant.pk: 6}, reference="order:1")
    assert on_hand(variant) == [0, 0, 4]
    services.return_stock(demand={variant.pk: quantity}, reference="order:1", reason="cancelled")
    assert on_hand(variant) == [expected[0], expected[1], 4 + expected[2]]
    assert Product.objects.get().units_sold == max(0, 6 - quantity)
    assert list(verify_stock()) == []


def test_a_second_return_goes_on_where_the_first_ended():
    variant = stocked_in_three_places()
    services.sell_stock(demand={variant.pk: 6}, reference="order:1")
    for _ in range(2):
        services.return_stock(demand={variant.pk: 3}, reference="order:1", reason="a part cancelled")
    assert on_hand(variant) == [2, 3, 5]


def test_what_was_sold_from_a_closed_place_goes_to_the_first():
    variant = stocked_in_three_places()
    services.sell_stock(demand={variant.pk: 6}, reference="order:1")
    Location.objects.filter(name="Near").update(is_active=False)
    services.return_stock(demand={variant.pk: 6}, reference="order:1", reason="cancelled")
    assert on_hand(variant) == [5, 0, 5]


def test_each_crossing_of_the_threshold_is_told_once():
    """By a hold, a correction or a transfer; not by the sale of what was held, nor while it stays low."""
    variant = VariantFactory(stock=10)
    main = StockLevel.objects.get()
    StockLevel.objects.update(low_stock_threshold=5)
    cellar = Location.objects.create(seller=variant.seller, name="Cellar", priority=9)

    def told(act):
        act()
        return EventRecord.objects.filter(type="stock.low").count()

    def hold(quantity, reference):
        services.hold_stock(demand={variant.pk: quantity}, reference=reference, expires_at=timezone.now())

    def adjust(delta):
        services.adjust_stock(variant=variant, location=None, delta=delta, reason="count", actor="user:1")

    def transfer(source, target):
        places = {"source": source, "target": target}
        transfer_stock(variant=variant, **places, quantity=3, reason="", actor="user:1")

    acts = [
        lambda: hold(4, "order:1"),  # 6 are left
        lambda: hold(1, "order:2"),  # 5: told
        lambda: hold(1, "order:3"),
        lambda: services.sell_holds(reference="order:2"),
        lambda: services.release_holds(reference="order:1"),  # 8
        lambda: adjust(-3),  # 5: told
        lambda: adjust(3),
        lambda: transfer(main.location, cellar),  # 5: told
        lambda: transfer(cellar, main.location),  # the cellar is empty: told
        lambda: services.sell_stock(demand={variant.pk: 8}, reference="order:4"),  # 0: told
        lambda: services.return_stock(demand={variant.pk: 8}, reference="order:4", reason=""),
    ]
    assert [told(act) for act in acts] == [0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 5]
