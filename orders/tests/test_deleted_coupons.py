"""Coupons that are deleted while they were used, or lie in carts."""

import pytest

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.tests.factories import VariantFactory
from orders.errors import CouponNotValid
from orders.models import Cart, Coupon, CouponUse, Order
from orders.services.coupons import use_coupon
from orders.tests.factories import ADDRESS, CouponFactory, OrderFactory, order_with_coupon
from orders.tests.looks import add

pytestmark = pytest.mark.django_db
COUPONS, PLACE = "/api/v1/coupons", "/api/v1/orders/place"


@pytest.fixture
def shop():
    return SellerFactory()


@pytest.fixture
def seller(as_user, shop):
    return as_user(shop.user)


@pytest.fixture
def admin(as_user):
    return as_user(AdminFactory())


def test_a_used_coupon_is_archived_not_forgotten(seller, shop, admin, as_user):
    variant, buyer = VariantFactory(product__seller=shop), UserFactory()
    coupon = CouponFactory(seller=shop, usage_limit=1)
    order = order_with_coupon(buyer, variant, coupon)
    waiting = as_user(UserFactory())
    add(waiting, variant)
    Cart.objects.filter(user__isnull=False).update(coupon=coupon)

    assert seller.delete(f"{COUPONS}/{coupon.pk}").status_code == 204

    for client, path in [(seller, COUPONS), (admin, "/api/v1/admin/coupons")]:
        assert client.get(path).json()["results"] == []
        assert client.get(f"{path}/{coupon.pk}").status_code == 404
        assert client.patch(f"{path}/{coupon.pk}", {"usage_limit": 9}).status_code == 404
    again = seller.post(COUPONS, {"code": coupon.code, "kind": "percent", "value": 10})
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    assert CouponUse.objects.get().order == order
    Coupon.objects.update(usage_limit=None)
    assert waiting.get("/api/v1/cart").json()["changes"] == [
        {"kind": "coupon_not_applied", "code": coupon.code, "reason": "time"}
    ]
    refused = waiting.post("/api/v1/cart/coupon", {"code": coupon.code})
    assert (refused.status_code, refused.json()["code"]) == (404, "coupon_not_found")
    with pytest.raises(CouponNotValid):
        use_coupon(coupon=coupon, order=OrderFactory(variants=[variant]))


def test_a_coupon_that_was_never_used_is_told_to_the_carts_that_hold_it(seller, shop, as_user):
    """Its buyer sees why the total rose, and no order is placed as if there had been no coupon."""
    variant, waiting = VariantFactory(product__seller=shop, price_amount=1000), as_user(UserFactory())
    coupon = CouponFactory(seller=shop, code="SPRING")
    add(waiting, variant)
    assert waiting.post("/api/v1/cart/coupon", {"code": "SPRING"}).status_code == 200

    assert seller.delete(f"{COUPONS}/{coupon.pk}").status_code == 204

    assert waiting.get("/api/v1/cart").json()["changes"] == [
        {"kind": "coupon_not_applied", "code": "SPRING", "reason": "time"}
    ]
    refused = waiting.post(PLACE, {"shipping_address": ADDRESS}, headers={"Idempotency-Key": "a"})
    assert (refused.status_code, refused.json()["code"]) == (409, "coupon_not_valid")
    assert not Order.objects.exists()
    again = seller.post(COUPONS, {"code": "spring", "kind": "percent", "value": 10})
    assert (again.status_code, again.json()["code"]) == (201, "SPRING")
    assert waiting.post("/api/v1/cart/coupon", {"code": "SPRING"}).json()["changes"] == []
    third = seller.post(COUPONS, {"code": "SPRING", "kind": "percent", "value": 10})
    assert (third.status_code, third.json()["code"]) == (409, "code_taken")
