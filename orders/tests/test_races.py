"""What happens at the same moment, with threads and connections of their own; `test_locks.py` stops two at the worst one."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connections
from django.db.models import F
from rest_framework.test import APIClient

from accounts.tests.factories import UserFactory, token_for
from catalog.models import StockLevel
from catalog.tests.factories import VariantFactory
from catalog.verification import verify_stock
from config.shared.models import EventRecord
from orders import services
from orders.models import CartItem, Coupon, Order, OrderPart
from orders.tests.factories import (
    ADDRESS,
    CouponFactory,
    OrderFactory,
    actor_of,
    guest_carts,
    place_order_for,
    put_in_cart,
)
from orders.verification import verify_orders

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/api/v1/orders/place"


def at_once(calls):
    """What each call returned, or the exception that it raised, in order."""
    start = threading.Barrier(len(calls))

    def run(call):
        connections["default"].ensure_connection()
        start.wait(timeout=60)
        try:
            return call()
        except Exception as exc:
            return exc
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def in_turns(calls):
    """The answers of many calls, as many at once as there are connections to spare; each thread keeps its own."""

    def run(mine):
        try:
            return [call() for call in mine]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(32) as pool:
        return [answer for answers in pool.map(run, (calls[n::32] for n in range(32))) for answer in answers]


def outcomes(answers):
    """How often each: the status, or a problem's code."""
    return Counter(answer.json().get("code") or answer.status_code for answer in answers)


def is_sound():
    return list(verify_orders()) == [] and list(verify_stock()) == []


def buyers_of(variant, count, quantity=1):
    """Clients of as many users, each with the variant in the cart."""
    clients = []
    for _ in range(count):
        user = UserFactory()
        put_in_cart_of(user, variant, quantity)
        clients.append(APIClient(headers={"Authorization": f"Bearer {token_for(user)}"}))
    return clients


def put_in_cart_of(user, variant, quantity=1):
    put_in_cart(actor_of(user), variant, quantity)


def placing(client, key="k"):
    return lambda: client.post(PLACE, {"shipping_address": ADDRESS}, headers={"Idempotency-Key": key})


def guests_with(variant, count, coupon=None):
    """As many placements, each by a guest of their own with one unit in the cart."""
    tokens = guest_carts(variant, count=count, coupon=coupon)

    def place(number):
        body = {"shipping_address": ADDRESS, "email": f"guest{number}@example.com"}
        headers = {"Idempotency-Key": "k", "Cart-Token": tokens[number]}
        while (answer := APIClient().post(PLACE, body, headers=headers)).status_code == 429:
            pass  # busy: it tries again, as it is told to
        return answer

    return [partial(place, number) for number in range(count)]


@pytest.mark.parametrize("stock", [1, 10, 100])
def test_the_last_units_go_to_exactly_as_many(stock):
    """Two hundred want one each, thirty-two at a time."""
    variant = VariantFactory(stock=stock)
    seen = outcomes(in_turns(guests_with(variant, 200)))
    assert seen == {201: stock, "out_of_stock": 200 - stock}
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (stock, stock)
    assert EventRecord.objects.filter(type="order.placed").count() == stock == Order.objects.count()
    assert CartItem.objects.count() == 200 - stock
    assert is_sound()


def test_a_coupon_is_used_as_often_as_it_may_be_by_two_hundred():
    variant, coupon = VariantFactory(stock=500), CouponFactory(usage_limit=3)
    seen = outcomes(in_turns(guests_with(variant, 200, coupon)))
    assert seen == {201: 3, "coupon_exhausted": 197}
    assert Coupon.objects.get().used_count == 3 == Order.objects.filter(discount_amount=200).count()
    assert is_sound()


def test_without_the_limit_in_the_statement_it_is_used_too_often(monkeypatch):
    """The control of the race above: counted without looking, the constraint is the last wall, and it is hit."""
    variant, coupon = VariantFactory(stock=500), CouponFactory(usage_limit=3)
    blind = lambda rows: bool(rows.update(used_count=F("used_count") + 1))  # noqa: E731
    monkeypatch.setattr("orders.services.coupons.count_use", blind)
    seen = outcomes(in_turns(guests_with(variant, 32, coupon)))
    assert seen["usage_limit_below_uses"] > 0
    assert Coupon.objects.get().used_count == 3


def test_less_demand_than_stock_is_all_served():
    variant = VariantFactory(stock=100)
    assert outcomes(at_once([placing(client) for client in buyers_of(variant, 12, 2)])) == {201: 12}
    assert StockLevel.objects.get().reserved == 24
    assert is_sound()


def test_one_use_a_customer_is_one_use_though_they_come_at_once():
    """One person as a guest many times over: the e-mail address tells."""
    variant, coupon = VariantFactory(stock=100), CouponFactory(usage_limit_per_customer=1)
    calls, body = [], {"shipping_address": ADDRESS, "email": "ada@example.com"}
    for _ in range(10):
        api = APIClient()
        token = api.post("/api/v1/cart/items", {"variant": str(variant.pk), "quantity": 1}).headers[
            "Cart-Token"
        ]
        api.post("/api/v1/cart/coupon", {"code": coupon.code}, headers={"Cart-Token": token})
        headers = {"Cart-Token": token, "Idempotency-Key": "k"}
        calls.append(lambda api=api, headers=headers: api.post(PLACE, body, headers=headers))
    assert outcomes(at_once(calls)) == {201: 1, "coupon_exhausted": 9}
    assert is_sound()


def test_one_key_twenty_times_is_one_order_and_one_answer():
    (client,) = buyers_of(VariantFactory(), 1)
    answers = at_once([placing(client)] * 20)
    placed = [answer for answer in answers if answer.status_code == 201]
    assert set(outcomes(answers)) <= {201, "idempotency_in_progress"}
    assert len({answer.content for answer in placed}) == 1 == Order.objects.count()
    assert sum("Idempotent-Replayed" not in answer.headers for answer in placed) == 1
    again = placing(client)()
    assert (again.content, again.headers["Idempotent-Replayed"]) == (placed[0].content, "true")


def test_many_keys_for_one_cart_are_one_order():
    (client,) = buyers_of(VariantFactory(), 1)
    assert outcomes(at_once([placing(client, f"k{n}") for n in range(10)])) == {201: 1, "cart_empty": 9}
    assert Order.objects.count() == 1


def test_first_lines_at_once_are_one_cart():
    variants, user = [VariantFactory() for _ in range(6)], UserFactory()
    client = APIClient(headers={"Authorization": f"Bearer {token_for(user)}"})
    calls = [
        lambda variant=variant: client.post("/api/v1/cart/items", {"variant": str(variant.pk), "quantity": 1})
        for variant in variants * 2
    ]
    assert outcomes(at_once(calls)) == {201: 12}
    assert sorted(CartItem.objects.values_list("variant_id", "quantity")) == [
        (variant.pk, 2) for variant in variants
    ]


def test_a_payment_and_the_expiry_cannot_both_win():
    variant = VariantFactory(stock=8)
    orders = [OrderFactory(variants=[variant]) for _ in range(8)]
    Order.objects.update(hold_expires_at="2020-01-01T00:00Z")
    calls = []
    for order in orders:
        calls += [lambda pk=order.pk: services.mark_order_paid(order_id=pk), services.expire_due_orders]
    results = at_once(calls)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (0, 0)
    assert is_sound()


def test_paid_many_times_at_once_is_sold_once():
    order = OrderFactory()
    at_once([lambda: services.mark_order_paid(order_id=order.pk)] * 10)
    assert StockLevel.objects.get().on_hand == 9
    assert order.events.filter(status="paid").count() == 1
    assert is_sound()


def test_the_customer_cancels_while_the_seller_ships():
    orders = [OrderFactory() for _ in range(6)]
    calls = []
    for order in orders:
        services.mark_order_paid(order_id=order.pk)
        part = OrderPart.objects.get(order=order)
        services.accept_part(part_id=part.pk, by=None)
        calls += [
            lambda pk=order.pk: services.cancel_order(order_id=pk, by=None),
            lambda pk=part.pk: services.ship_part(part_id=pk, by=None),
        ]
    results = at_once(calls)
    for cancelled, shipped in zip(results[::2], results[1::2], strict=True):
        assert isinstance(cancelled, Exception) != isinstance(shipped, Exception)
    assert is_sound()


def test_one_parcel_shipped_many_times_leaves_once():
    order = place_order_for(UserFactory(), VariantFactory(), quantity=3)
    services.mark_order_paid(order_id=order.pk)
    part = OrderPart.objects.get()
    services.accept_part(part_id=part.pk, by=None)
    item = order.items.get()
    results = at_once([lambda: services.ship_part(part_id=part.pk, by=None, quantities={item.pk: 1})] * 8)
    assert sum(not isinstance(result, Exception) for result in results) == 3
    item.refresh_from_db()
    assert item.shipped_quantity == 3
    assert is_sound()
