"""Holds: how long they last, and what becomes of an order whose own has run out."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.factories import UserFactory
from catalog.models import StockHold
from orders import services
from orders.errors import CannotComplete
from orders.models import Coupon, CouponUse, Order, OrderEvent
from orders.services.coupons import give_coupons_back
from orders.tests.factories import CouponFactory, OrderFactory, order_with_coupon
from orders.tests.looks import fresh, make_due, part_of, stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


def test_a_hold_is_extended_never_shortened(order):
    longer = services.extend_order_hold(order=order, days=7)
    assert timedelta(days=6.99) < longer.hold_expires_at - timezone.now() <= timedelta(days=7)
    assert StockHold.objects.get().expires_at == longer.hold_expires_at
    assert services.extend_order_hold(order=order, days=1).hold_expires_at == longer.hold_expires_at


def test_a_closed_orders_hold_is_not_extended(order):
    services.cancel_order(order_id=order.pk, by=None)
    with pytest.raises(CannotComplete):
        services.extend_order_hold(order=fresh(order), days=7)


def test_what_is_not_due_does_not_expire(order, variant):
    assert services.expire_due_orders() == 0
    assert not services.expire_order(order_id=order.pk)
    assert (fresh(order).status, stock(variant)) == ("pending_payment", (10, 3))


def test_what_is_being_paid_does_not_expire_by_itself_for_15_minutes(order, variant):
    assert services.set_being_paid(order_id=order.pk, is_being_paid=True) is True
    make_due(order, timedelta(minutes=14))
    assert not services.due_orders().exists()
    assert (services.expire_due_orders(), fresh(order).status) == (0, "pending_payment")
    assert list(Order.objects.due()) == [order]

    make_due(order, timedelta(minutes=16))
    assert list(services.due_orders()) == [order]
    assert (services.expire_due_orders(), fresh(order).status) == (1, "expired")
    assert (fresh(order).is_being_paid, stock(variant)) == (False, (10, 0))
    assert services.set_being_paid(order_id=order.pk, is_being_paid=True) is False
    assert fresh(order).is_being_paid is False


def test_payments_expires_what_it_has_stopped_to_pay(order):
    services.set_being_paid(order_id=order.pk, is_being_paid=True)
    assert not services.expire_order(order_id=order.pk)
    make_due(order)
    assert services.expire_order(order_id=order.pk)
    assert fresh(order).status == "expired"


def test_an_order_that_is_paid_for_meanwhile_is_passed_over(order, monkeypatch):
    """The sweeper's choice and its lock are two statements."""
    make_due(order)
    services.set_being_paid(order_id=order.pk, is_being_paid=True)
    chosen = iter([(timezone.now(), order.pk), None])
    monkeypatch.setattr("orders.services.closing.next_due", lambda after: next(chosen))
    assert (services.expire_due_orders(), fresh(order).status) == (0, "pending_payment")


def test_expiry_gives_stock_and_coupon_back(variant, heard):
    coupon, user = CouponFactory(usage_limit=1), UserFactory()
    order = order_with_coupon(user, variant, coupon)
    make_due(order)
    other = OrderFactory(variants=[variant])
    assert services.expire_due_orders() == 1
    order = fresh(order)
    assert (order.status, order.stock, order.hold_expires_at) == ("expired", "released", None)
    assert (part_of(order).status, fresh(other).status) == ("cancelled", "pending_payment")
    assert stock(variant) == (10, 1)
    assert (Coupon.objects.get().used_count, CouponUse.objects.get().given_back_at is None) == (0, False)
    assert heard[-1] == ("order_expired", {})
    assert services.expire_due_orders() == 0
    order_with_coupon(UserFactory(), variant, coupon)
    with transaction.atomic():
        give_coupons_back(order=order)  # whose uses were given back once
    assert Coupon.objects.get().used_count == 1


def test_a_coupon_that_was_miscounted_keeps_no_order_from_ending(variant):
    order = order_with_coupon(UserFactory(), variant, CouponFactory())
    Coupon.objects.update(used_count=0)
    make_due(order)
    assert (services.expire_due_orders(), fresh(order).status) == (1, "expired")
    assert (Coupon.objects.get().used_count, CouponUse.objects.get().given_back_at is None) == (0, False)


def test_one_order_that_fails_does_not_stop_the_others(variant, monkeypatch):
    first, second = OrderFactory(variants=[variant]), OrderFactory(variants=[variant])
    make_due(first)
    make_due(second)
    give_back = services.closing.give_coupons_back

    def fail_for_first(*, order):
        if order.pk == first.pk:
            raise RuntimeError("broken")
        give_back(order=order)

    monkeypatch.setattr("orders.services.closing.give_coupons_back", fail_for_first)
    assert services.expire_due_orders() == 1
    assert (fresh(first).status, fresh(second).status) == ("pending_payment", "expired")


def test_the_way_to_the_next_order_stays_as_short(variant):
    """Of several whose holds ran out at the same moment, too."""
    orders = [OrderFactory(variants=[variant]) for _ in range(4)]
    Order.objects.update(hold_expires_at=timezone.now() - timedelta(seconds=1))
    make_due(orders[3], timedelta(hours=1))
    with CaptureQueriesContext(connection) as sent:
        assert services.expire_due_orders() == 4
    texts = [query["sql"] for query in sent.captured_queries]
    chosen = [text for text in texts if "hold_expires_at" in text and text.endswith("LIMIT 1")]
    ways = [re.sub(r"'[^']*'|\d+", "?", text) for text in chosen]
    assert (len(ways), len(set(ways[1:]))) == (5, 1)
    told = OrderEvent.objects.filter(part=None, status="expired").order_by("pk")
    assert [line.order_id for line in told] == [order.pk for order in (orders[3], *orders[:3])]


def test_release_holds_is_the_same_by_hand(order, capsys):
    make_due(order)
    call_command("release_holds")
    assert capsys.readouterr().out == "expired: 1\n"
    assert fresh(order).status == "expired"
