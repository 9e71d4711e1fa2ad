"""What payments, the clock, and customers do to a placed order."""

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import AdminFactory, UserFactory
from catalog.services import release_holds
from config.shared.errors import InvalidTransition
from config.shared.models import EventRecord
from orders import services
from orders.errors import CannotComplete, CouponExhausted
from orders.models import CouponUse, Order, OrderEvent, OrderItem
from orders.services.coupons import check_customer
from orders.tests.factories import CouponFactory, OrderFactory, actor_of, order_with_coupon
from orders.tests.looks import fresh, make_due, part_of, stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


# --- Paid -----------------------------------------------------------------------------------------------


def test_paid_sells_what_was_held(order, variant, heard):
    paid = services.mark_order_paid(order_id=order.pk)
    assert (paid.status, paid.stock, paid.hold_expires_at) == ("paid", "sold", None)
    assert fresh(order).paid_at is not None
    assert stock(variant) == (7, 0)
    assert heard == [("order_paid", {})]
    line = OrderEvent.objects.order_by("-pk")[0]
    assert (line.status, line.previous_status, line.by) == ("paid", "pending_payment", "system")
    told = EventRecord.objects.filter(type="order.status_changed").get()
    assert told.audiences == ["admin", f"seller:{variant.seller_id}", f"user:{order.user_id}"]
    assert told.data == {
        "order": str(order.pk),
        "number": order.number,
        "status": "paid",
        "previous_status": "pending_payment",
        "part": None,
        "part_status": None,
    }


def test_paid_twice_changes_nothing(order, variant, heard):
    first = services.mark_order_paid(order_id=order.pk)
    second = services.mark_order_paid(order_id=order.pk)
    assert (second.version, second.paid_at) == (first.version, first.paid_at)
    assert heard == [("order_paid", {})]
    assert stock(variant) == (7, 0)


def test_paid_although_the_hold_was_lost(order, variant):
    release_holds(reference=order.stock_reference)
    assert services.mark_order_paid(order_id=order.pk).status == "paid"
    assert stock(variant) == (7, 0)


def test_an_expired_order_is_revived_by_its_payment(order, variant, heard):
    make_due(order)
    services.expire_due_orders()
    assert services.mark_order_paid(order_id=order.pk).status == "paid"
    assert (part_of(order).status, stock(variant)) == ("pending", (7, 0))
    assert heard == [("order_expired", {}), ("order_paid", {})]


def test_an_expired_order_whose_goods_are_gone_cannot_be_completed(order, variant):
    make_due(order)
    services.expire_due_orders()
    OrderFactory(variants=[variant], quantity=8)
    with pytest.raises(CannotComplete) as refusal:
        services.mark_order_paid(order_id=order.pk)
    assert refusal.value.members["lines"] == [{"variant": str(variant.pk), "requested": 3, "available": 2}]
    assert (fresh(order).status, part_of(order).status, fresh(order).paid_at) == (
        "expired",
        "cancelled",
        None,
    )
    assert stock(variant) == (10, 8)


def test_a_cancelled_order_cannot_be_completed(order, variant):
    services.cancel_order(order_id=order.pk, by=None)
    with pytest.raises(CannotComplete):
        services.mark_order_paid(order_id=order.pk)
    assert (fresh(order).status, stock(variant)) == ("cancelled", (10, 0))


@pytest.mark.parametrize("limit", ["usage_limit", "usage_limit_per_customer"])
def test_a_late_payment_takes_the_coupon_back_or_fails(variant, limit):
    coupon, user = CouponFactory(**{limit: 1}), UserFactory()
    order = order_with_coupon(user, variant, coupon)
    make_due(order)
    services.expire_due_orders()
    other = order_with_coupon(user, variant, coupon)
    with pytest.raises(CannotComplete):
        services.mark_order_paid(order_id=order.pk)
    assert (fresh(order).status, fresh(coupon).used_count) == ("expired", 1)
    assert stock(variant) == (10, 1)

    services.cancel_order(order_id=other.pk, by=None)
    assert services.mark_order_paid(order_id=order.pk).status == "paid"
    assert (fresh(coupon).used_count, CouponUse.objects.get(order=order).given_back_at) == (1, None)


def test_one_use_a_customer_is_told_by_account_and_address(variant):
    coupon, user = CouponFactory(usage_limit_per_customer=2), UserFactory()
    order_with_coupon(user, variant, coupon)
    order_with_coupon(user, variant, coupon, email="other@example.com")
    for again in ({"user": user}, {"user": user, "email": "third@example.com"}):
        with pytest.raises(CouponExhausted), transaction.atomic():
            order_with_coupon(again.pop("user"), variant, coupon, **again)
    order_with_coupon(UserFactory(), variant, coupon, email=user.email)
    with pytest.raises(CouponExhausted):
        order_with_coupon(UserFactory(), variant, coupon, email=user.email)


def test_the_uses_of_a_customer_are_counted_by_indexes(variant, django_assert_num_queries):
    user, coupon = UserFactory(), CouponFactory(usage_limit_per_customer=9)
    order = order_with_coupon(user, variant, coupon)
    with django_assert_num_queries(2) as asked:
        check_customer(coupon, order)
    assert not any("JOIN" in query["sql"] or " OR " in query["sql"] for query in asked)


# --- Cancelled ------------------------------------------------------------------------------------------


def test_cancel_before_payment(order, variant, heard):
    services.cancel_order(order_id=order.pk, by=actor_of(order.user), reason="Changed my mind")
    assert (fresh(order).status, part_of(order).status) == ("cancelled", "cancelled")
    assert stock(variant) == (10, 0)
    assert heard == [("order_cancelled", {"was_paid": False})]
    line = OrderEvent.objects.get(part=None, status="cancelled")
    assert (line.by, line.by_user, line.data) == ("customer", order.user_id, {"reason": "Changed my mind"})


def test_cancel_after_payment_returns_what_was_sold(order, variant, heard):
    services.mark_order_paid(order_id=order.pk)
    services.cancel_order(order_id=order.pk, by=actor_of(AdminFactory()))
    assert stock(variant) == (10, 0)
    assert heard[-1] == ("order_cancelled", {"was_paid": True})
    assert OrderEvent.objects.get(part=None, status="cancelled").by == "admin"


def test_cancel_gives_the_coupon_back_once(variant):
    coupon = CouponFactory(usage_limit=1)
    order = order_with_coupon(UserFactory(), variant, coupon)
    services.cancel_order(order_id=order.pk, by=None)
    with pytest.raises(InvalidTransition):
        services.cancel_order(order_id=order.pk, by=None)
    coupon.refresh_from_db()
    assert coupon.used_count == 0


def test_no_cancel_once_something_is_shipped(two_parts, heard):
    part = two_parts.parts.all()[0]
    services.accept_part(part_id=part.pk, by=None)
    services.ship_part(part_id=part.pk, by=None)
    before = OrderEvent.objects.count()
    with pytest.raises(InvalidTransition):
        services.cancel_order(order_id=two_parts.pk, by=None)
    assert (fresh(two_parts).status, OrderEvent.objects.count()) == ("partially_shipped", before)


# --- Refunds and constraints ----------------------------------------------------------------------------


def test_refunds_are_recorded(order):
    services.mark_order_paid(order_id=order.pk)
    seen = [
        services.record_refund(order_id=order.pk, refunded_total=n).refund_status for n in (0, 1, 2999, 3000)
    ]
    assert seen == ["none", "partial", "partial", "full"]
    assert OrderEvent.objects.filter(type="order.refunded").count() == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"total_amount": 1},
        {"status": "lost"},
        {"refund_status": "some"},
        {"discount_amount": -1},
        {"stock": "gone"},
    ],
)
def test_the_database_refuses_a_wrong_order(order, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**wrong)


@pytest.mark.parametrize("wrong", [{"shipped_quantity": 4}, {"total_amount": 1}, {"quantity": 0}])
def test_the_database_refuses_a_wrong_item(order, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderItem.objects.filter(order=order).update(**wrong)
