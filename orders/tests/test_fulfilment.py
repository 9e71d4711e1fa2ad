"""What sellers do with their parts."""

import pytest

from catalog.tests.factories import VariantFactory
from config.shared.errors import InvalidTransition
from config.shared.models import EventRecord
from orders import services
from orders.errors import OrderUnpaid
from orders.models import OrderEvent
from orders.tests.factories import OrderFactory
from orders.tests.looks import fresh, part_of, stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


# --- Fulfilled ------------------------------------------------------------------------------------------


def test_a_part_from_acceptance_to_delivery(order, variant, heard):
    services.mark_order_paid(order_id=order.pk)
    part, item = part_of(order), order.items.get()
    services.accept_part(part_id=part.pk, by=None)
    first = services.ship_part(part_id=part.pk, by=None, quantities={item.pk: 1}, carrier="DHL")
    assert (fresh(part).status, fresh(order).status) == ("partially_shipped", "partially_shipped")
    services.ship_part(part_id=part.pk, by=None, quantities={item.pk: 1})
    assert fresh(part).status == "partially_shipped"
    second = services.ship_part(part_id=part.pk, by=None)
    assert (fresh(part).status, fresh(order).status, fresh(item).shipped_quantity) == (
        "shipped",
        "shipped",
        3,
    )
    assert [shipment.items.get().quantity for shipment in (first, second)] == [1, 1]
    services.deliver_part(part_id=part.pk, by=None)
    assert (fresh(part).status, fresh(order).status) == ("delivered", "delivered")
    assert services.has_received(user_id=order.user_id, product_id=variant.product_id)
    assert not services.has_received(user_id=order.user_id + 1, product_id=variant.product_id)
    assert heard == [
        ("order_paid", {}),
        ("part_changed", {"status": "accepted"}),
        ("part_shipped", {}),
        ("part_changed", {"status": "partially_shipped"}),
        ("part_shipped", {}),
        ("part_shipped", {}),
        ("part_changed", {"status": "shipped"}),
        ("part_changed", {"status": "delivered"}),
    ]
    assert EventRecord.objects.filter(type="order.shipped").count() == 3


def test_the_order_follows_its_slowest_part(two_parts):
    first, second = two_parts.parts.all()
    seen = []
    for part in (first, second):
        services.accept_part(part_id=part.pk, by=None)
        services.ship_part(part_id=part.pk, by=None)
        seen.append(fresh(two_parts).status)
    for part in (first, second):
        services.deliver_part(part_id=part.pk, by=None)
        seen.append(fresh(two_parts).status)
    assert seen == ["partially_shipped", "shipped", "shipped", "delivered"]


STEPS = {
    "accept": lambda part: services.accept_part(part_id=part.pk, by=None),
    "ship": lambda part: services.ship_part(part_id=part.pk, by=None),
    "deliver": lambda part: services.deliver_part(part_id=part.pk, by=None),
    "remove": lambda part: services.remove_items(
        part_id=part.pk, by=None, quantities={part.items.get().pk: 1}, reason="gone"
    ),
    "cancel": lambda part: services.cancel_part(part_id=part.pk, by=None, reason="gone"),
}


@pytest.mark.parametrize(
    ("done", "allowed"),
    [
        ([], ["accept", "remove", "cancel"]),
        (["accept"], ["ship", "remove", "cancel"]),
        (["accept", "ship"], ["deliver"]),
        (["accept", "ship", "deliver"], []),
        (["cancel"], []),
    ],
)
def test_only_the_next_steps_are_possible(order, done, allowed):
    services.mark_order_paid(order_id=order.pk)
    part = part_of(order)
    for name in done:
        STEPS[name](part)
    before, events = fresh(part), OrderEvent.objects.count()
    for name in set(STEPS) - set(allowed):
        with pytest.raises(InvalidTransition) as refusal:
            STEPS[name](part)
        assert refusal.value.members == {"status_now": before.status, "allowed": allowed}
    assert (fresh(part).status, OrderEvent.objects.count()) == (before.status, events)


def test_nothing_moves_before_the_payment(order):
    with pytest.raises(InvalidTransition) as refusal:
        services.accept_part(part_id=part_of(order).pk, by=None)
    assert refusal.value.members == {"status_now": "pending_payment", "allowed": ["cancel"]}


def test_cash_on_delivery_ships_unpaid(order, variant):
    services.allow_shipping_unpaid(order=order)
    part = part_of(order)
    services.accept_part(part_id=part.pk, by=None)
    assert stock(variant) == (10, 3)
    services.ship_part(part_id=part.pk, by=None)
    assert (fresh(order).status, fresh(part).status, stock(variant)) == ("pending_payment", "shipped", (7, 0))
    assert fresh(order).hold_expires_at is None
    services.expire_due_orders()
    assert services.mark_order_paid(order_id=order.pk).status == "shipped"
    assert stock(variant) == (7, 0)


def test_the_last_parts_cancel_is_the_orders(order, variant, heard):
    services.mark_order_paid(order_id=order.pk)
    part = services.cancel_part(part_id=part_of(order).pk, by=None, reason="Broken")
    assert (fresh(part).cancel_reason, fresh(order).status, stock(variant)) == (
        "Broken",
        "cancelled",
        (10, 0),
    )
    assert heard[1:] == [("part_changed", {"status": "cancelled"}), ("order_cancelled", {"was_paid": True})]


def test_one_cancelled_part_leaves_the_others(two_parts, heard):
    first, second = two_parts.parts.all()
    services.cancel_part(part_id=first.pk, by=None, reason="Broken")
    assert fresh(two_parts).status == "paid"
    services.accept_part(part_id=second.pk, by=None)
    services.ship_part(part_id=second.pk, by=None)
    assert fresh(two_parts).status == "shipped"
    assert ("order_cancelled", {"was_paid": True}) not in heard


def test_one_part_of_an_unpaid_order_is_not_cancelled_alone():
    order = OrderFactory(variants=[VariantFactory(), VariantFactory()])
    part = order.parts.all()[0]
    with pytest.raises(OrderUnpaid):
        services.cancel_part(part_id=part.pk, by=None, reason="Broken")
    assert fresh(part).status == "pending"
