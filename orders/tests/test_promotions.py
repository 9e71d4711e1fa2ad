"""Coupons beyond a plain discount, and promotions that need no code."""

from decimal import Decimal

import pytest
from django.db import transaction

from accounts.tests.factories import SellerFactory, UserFactory
from catalog.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from orders import services
from orders.errors import CannotComplete, CouponNotApplicable
from orders.models import Coupon, CouponUse
from orders.tests.factories import (
    ADDRESS,
    CouponFactory,
    ShippingMethodFactory,
    order_with_coupon,
    place_order_for,
)
from orders.tests.looks import add, fresh, make_due, usd

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
COUPON, QUOTE = "/api/v1/cart/coupon", "/api/v1/cart/quote"


def promotion(**values):
    return CouponFactory(**({"is_automatic": True} | values))


def sets(buy=2, get=1, percent=100, **values):
    rule = {"kind": "buy_x_get_y", "buy_quantity": buy, "get_quantity": get, "percent": percent}
    return CouponFactory(**rule, **values)


def uses():
    return dict(Coupon.objects.values_list("code", "used_count"))


def test_a_seller_writes_one_of_every_sort(as_user):
    seller, category = SellerFactory(), CategoryFactory()
    product, client = ProductFactory(seller=seller), as_user(seller.user)
    body = {
        "code": "b2g1",
        "kind": "buy_x_get_y",
        "value": {"buy": 2, "get": 1, "percent": "50.5"},
        "automatic": True,
        "stackable": False,
        "first_order": True,
        "products": [str(product.pk)],
        "categories": [str(category.pk)],
    }
    made = client.post("/api/v1/coupons", body)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in body} == body | {"code": "B2G1"}
    path = f"/api/v1/coupons/{made.json()['id']}"
    assert client.patch(path, {"value": {"buy": 1, "get": 1}}).json()["value"] == {
        "buy": 1,
        "get": 1,
        "percent": 100,
    }
    for wrong in ({"value": 10}, {"value": {"buy": 0, "get": 1}}, {"value": {"buy": 1}}, {"products": ["0"]}):
        assert client.patch(path, wrong).status_code == 400
    assert fresh(Coupon.objects.get()).buy_quantity == 1


def test_every_third_is_free(buyer):
    cheap, dear = VariantFactory(price_amount=300), VariantFactory(price_amount=500)
    buyer.fill(cheap, 2)
    assert buyer.post(COUPON, {"code": sets().code}).json()["reason"] == "quantity"
    buyer.fill(dear, 2)
    cart = buyer.post(COUPON, {"code": Coupon.objects.get().code}).json()
    assert (cart["subtotal"], cart["discount_total"], cart["total"]) == (usd(1600), usd(300), usd(1300))


def test_only_the_goods_that_it_is_for(buyer):
    shelf = CategoryFactory()
    inside, named, other = (
        VariantFactory(product=ProductFactory(category=category), price_amount=1000)
        for category in (CategoryFactory(parent=shelf), None, CategoryFactory())
    )
    coupon = CouponFactory(product_ids=[named.product_id], category_ids=[shelf.pk])
    buyer.fill(other)
    assert buyer.post(COUPON, {"code": coupon.code}).json()["reason"] == "products"
    buyer.fill(inside)
    buyer.fill(named)
    assert buyer.post(COUPON, {"code": coupon.code}).json()["discount_total"] == usd(200)
    quote = buyer.post(QUOTE, {"shipping_address": ADDRESS}).json()
    assert [line["discounts"] for line in quote["lines"]] == [
        [],
        [{"code": coupon.code, "amount": usd(100)}],
        [{"code": coupon.code, "amount": usd(100)}],
    ]


def test_a_promotion_needs_no_code_and_its_code_is_none(buyer, user, variant):
    promotion(code="SALE")
    promotion(code="ALIEN", seller=SellerFactory())
    cart = add(buyer, variant).json()
    assert (cart["coupon"], cart["discount_total"]) == (None, usd(100))
    assert [(one["coupon"]["code"], one["goods"]) for one in cart["discounts"]] == [("SALE", usd(100))]
    assert buyer.post(COUPON, {"code": "SALE"}).json()["code"] == "coupon_not_found"
    order = place_order_for(user)
    assert (order.discount_amount, order.coupon_code, uses()) == (100, "", {"SALE": 1, "ALIEN": 0})
    assert [(one["code"], one["goods"]) for one in fresh(order).discounts] == [("SALE", usd(100))]


def test_promotions_stack_or_stand_alone_and_only_what_worked_is_used(user, variant):
    promotion(code="TEN")
    promotion(code="LONE", percent=Decimal(30), is_stackable=False)
    coupon = CouponFactory(code="FIVE", percent=Decimal(5))
    order = order_with_coupon(user, variant, coupon)
    assert (order.discount_amount, uses()) == (300, {"TEN": 0, "LONE": 1, "FIVE": 0})
    Coupon.objects.filter(code="LONE").update(percent=1)
    order = order_with_coupon(user, variant, coupon)
    assert (order.discount_amount, order.coupon_code) == (145, "FIVE")
    assert uses() == {"TEN": 1, "LONE": 1, "FIVE": 1}


def test_a_coupon_that_a_better_offer_displaces_is_told(buyer, variant):
    promotion(code="LONE", percent=Decimal(30), is_stackable=False)
    add(buyer, variant)
    cart = buyer.post(COUPON, {"code": CouponFactory(code="TEN").code}).json()
    assert cart["discount_total"] == usd(300)
    assert cart["changes"] == [{"kind": "coupon_not_applied", "code": "TEN", "reason": "better_offer"}]


def test_free_shipping_for_all_counts_only_where_there_is_a_fee(user, variant):
    promotion(code="SHIP", kind="free_shipping", percent=None)
    assert place_order_for(user, variant).discounts == []
    ShippingMethodFactory(seller=variant.seller)
    order = place_order_for(user, variant)
    assert (order.shipping_amount, uses()) == (0, {"SHIP": 1})
    assert order.discounts[0]["shipping"] == usd(500)


def test_for_a_first_order_by_account_and_by_address(user, variant):
    coupon = CouponFactory(code="HELLO", is_first_order=True)
    first = order_with_coupon(user, variant, coupon)
    with pytest.raises(CouponNotApplicable), transaction.atomic():
        order_with_coupon(user, variant, coupon)
    with pytest.raises(CouponNotApplicable), transaction.atomic():
        order_with_coupon(UserFactory(), variant, coupon, email=user.email)
    services.cancel_order(order_id=first.pk, by=None)  # it came to nothing
    assert order_with_coupon(user, variant, coupon).discount_amount == 100


def test_a_first_order_promotion_is_quietly_gone_the_second_time(user, variant):
    promotion(is_first_order=True)
    assert [place_order_for(user, variant).discount_amount for _ in range(2)] == [100, 0]


def test_a_used_up_promotion_is_quietly_gone(variant):
    promotion(usage_limit=1, usage_limit_per_customer=1)
    assert [place_order_for(UserFactory(), variant).discount_amount for _ in range(2)] == [100, 0]


def test_all_uses_come_back_and_are_taken_again(user, variant):
    promotion(code="TEN", usage_limit=1)
    order = order_with_coupon(user, variant, CouponFactory(code="FIVE", percent=Decimal(5)))
    assert uses() == {"TEN": 1, "FIVE": 1}
    make_due(order)
    services.expire_due_orders()
    assert uses() == {"TEN": 0, "FIVE": 0}
    services.mark_order_paid(order_id=order.pk)
    assert uses() == {"TEN": 1, "FIVE": 1}
    services.cancel_order(order_id=order.pk, by=None)
    assert (uses(), CouponUse.objects.filter(given_back_at=None).count()) == ({"TEN": 0, "FIVE": 0}, 0)


def test_a_use_that_others_have_had_since_cannot_be_taken_again(user, variant):
    promotion(code="TEN", usage_limit=1)
    order = place_order_for(user, variant)
    make_due(order)
    services.expire_due_orders()
    place_order_for(UserFactory(), variant)
    with pytest.raises(CannotComplete), transaction.atomic():
        services.mark_order_paid(order_id=order.pk)
    assert uses() == {"TEN": 1}
