import pytest
from django.core.management import call_command
from django.db import connection

from accounts.tests.factories import UserFactory
from catalog.tests.factories import VariantFactory
from orders import privacy, services
from orders.models import Cart, Order, OrderEvent, OrderNote, Return, Shipment
from orders.services.carts import prune_carts
from orders.tests.factories import CouponFactory, OrderFactory, actor_of, order_with_coupon, put_in_cart
from orders.verification import verify_orders

pytestmark = pytest.mark.django_db


def test_an_order_under_way_blocks_erasure_of_both_sides():
    order = OrderFactory()
    shopkeeper = order.parts.get().seller.user
    assert list(privacy.reasons_against_erasure(order.user)) == [f"Order {order.number} is not finished."]
    assert list(privacy.reasons_against_erasure(shopkeeper)) == [
        f"Order {order.number} of a customer is not finished."
    ]
    services.cancel_order(order_id=order.pk, by=None)
    assert list(privacy.reasons_against_erasure(order.user)) == []
    assert list(privacy.reasons_against_erasure(shopkeeper)) == []


def test_export_has_everything():
    order = OrderFactory()
    put_in_cart(actor_of(order.user), variant := VariantFactory(), 2)
    data = privacy.export_orders(order.user)
    assert data["orders"][0]["shipping_address"]["name"] == "Ada Lovelace"
    assert [event["status"] for event in data["events"]] == ["pending_payment"]
    assert data["cart"] == [{"variant_id": variant.pk, "quantity": 2}]


def test_erasure_forgets_the_person_and_keeps_the_sale():
    order = OrderFactory(note="For Ada")
    user, total = order.user, order.total_amount
    services.cancel_order(order_id=order.pk, by=actor_of(user), reason="I am Ada")
    put_in_cart(actor_of(user), VariantFactory())
    privacy.erase_orders(user)
    order = Order.objects.get()
    assert (order.user, order.email, order.note, order.total_amount) == (None, "", "", total)
    assert {name: value for name, value in order.shipping_address.items() if value} == {"country": "GB"}
    assert not OrderEvent.objects.filter(by_user=user.pk).exists()
    assert "Ada" not in str([list(OrderEvent.objects.values()), list(Order.objects.values())])
    assert not Cart.objects.exists()
    assert list(verify_orders()) == []


def told_all_over(coupon):
    """An order on which its customer and its shop have left words wherever there is room for some."""
    order = order_with_coupon(UserFactory(), VariantFactory(), coupon)
    part, shop = order.parts.get(), order.parts.get().seller.user
    Shipment.objects.create(part=part, carrier="Royal Mail", tracking_number="AB1")
    Return.objects.create(order=order, part=part, currency="USD", reason="Too big for Ada")
    for by, user in (("customer", order.user), ("seller", shop)):
        OrderNote.objects.create(order=order, part=part, text="Ring twice", by=by, by_user=user.pk)
        OrderEvent.objects.create(
            order=order, type="x", status="x", by=by, by_user=user.pk, data={"reason": "Late"}
        )
    return order


def words_of(order):
    notes = order.notes.order_by("pk").values_list("text", "by_user")
    events = order.events.filter(type="x").order_by("pk").values_list("data", "by_user")
    uses, returns = order.coupon_uses.values_list("customer", "user"), order.returns.values_list("reason")
    shipments = Shipment.objects.filter(part__order=order).values_list("carrier", "tracking_number")
    return [list(rows) for rows in (notes, events, uses, returns, shipments)]


def test_erasure_takes_nothing_of_others_and_leaves_what_the_shop_said():
    coupon = CouponFactory()
    mine, other = told_all_over(coupon), told_all_over(coupon)
    other.events.create(type="x", status="x", by="admin", by_user=mine.user.pk, data={"reason": "Mistaken"})
    before, shop = words_of(other), mine.parts.get().seller.user_id
    privacy.erase_orders(mine.user)
    assert words_of(other) == before
    assert words_of(mine) == [
        [("", None), ("Ring twice", shop)],
        [({}, None), ({"reason": "Late"}, shop)],
        [("", None)],
        [("",)],
        [("", "")],
    ]


def test_over_http(as_user, run_jobs):
    order = OrderFactory()
    client = as_user(order.user)
    assert client.delete("/api/v1/me").json()["code"] == "erasure_blocked"
    services.cancel_order(order_id=order.pk, by=None)
    assert client.delete("/api/v1/me").status_code == 204
    assert Order.objects.get().email == ""


def test_only_guests_forgotten_carts_are_pruned(api):
    variant = VariantFactory()
    put_in_cart(actor_of(UserFactory()), variant)
    for _ in range(2):
        api.post("/api/v1/cart/items", {"variant": str(variant.pk), "quantity": 1})
    old = Cart.objects.filter(user=None)[:1].get()
    Cart.objects.exclude(pk=Cart.objects.filter(user=None).exclude(pk=old.pk).get().pk).update(
        updated_at="2020-01-01T00:00Z"
    )
    assert prune_carts() == 1
    assert not Cart.objects.filter(pk=old.pk).exists()
    assert Cart.objects.count() == 2


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        (
            "UPDATE orders_orderitem SET discount_amount = 1, total_amount = total_amount - 1",
            "order_differs_from_items",
        ),
        (
            "UPDATE orders_orderpart SET shipping_amount = 1, total_amount = total_amount + 1",
            "order_differs_from_parts",
        ),
        ("UPDATE orders_orderpart SET status = 'cancelled'", "status_differs_from_parts"),
        ("UPDATE orders_orderitem SET shipped_quantity = 1", "shipped_differs_from_shipments"),
        ("UPDATE orders_order SET hold_expires_at = NULL", "stock_state_wrong"),
        ("UPDATE catalog_stockhold SET status = 'released'", "holds_differ_from_order"),
        ("UPDATE orders_coupon SET used_count = 1", "coupon_uses_miscounted"),
        ("UPDATE orders_orderitem SET currency = 'EUR'", "item_in_wrong_part"),
    ],
)
def test_what_does_not_hold_is_found(sql, kind):
    OrderFactory()
    CouponFactory()
    assert list(verify_orders()) == []
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert kind in [found["kind"] for found in verify_orders()]


def test_the_migrations_are_complete():
    call_command("makemigrations", "orders", check=True, dry_run=True)
