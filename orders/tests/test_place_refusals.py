"""When an order is not placed, and that nothing of it is left; coupons at placement."""

import pytest

from catalog.models import Product, StockLevel, Variant
from catalog.tests.factories import VariantFactory
from config.shared.models import EventRecord, IdempotencyRecord
from orders.models import Cart, CartItem, Coupon, CouponUse, Order
from orders.tests.factories import (
    ADDRESS,
    CouponFactory,
    ShippingMethodFactory,
)
from orders.tests.looks import nothing_placed, usd
from orders.verification import verify_orders

pytestmark = pytest.mark.django_db


# --- Refusals -------------------------------------------------------------------------------------------


def test_an_idempotency_key_is_needed(buyer):
    buyer.fill(VariantFactory())
    answer = buyer.post("/api/v1/orders/place", {"shipping_address": ADDRESS})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert nothing_placed()


def test_a_key_with_another_body(buyer, place):
    buyer.fill(VariantFactory())
    assert place(buyer, key="k").status_code == 201
    assert place(buyer, key="k", note="other").status_code == 422
    assert Order.objects.count() == 1


def test_a_cart_that_was_changed_meanwhile_is_412(buyer, place, variant):
    """The cart that was read is the one that is bought, or nothing is."""
    buyer.fill(variant)
    seen = buyer.get("/api/v1/cart").headers["ETag"]
    buyer.fill(variant)

    answer = place(buyer, if_match=seen)

    assert (answer.status_code, answer.json()["code"]) == (412, "stale")
    assert answer.json()["current"] == buyer.get("/api/v1/cart").headers["ETag"]
    assert nothing_placed() and CartItem.objects.get().quantity == 2
    present = answer.json()["current"]
    placed = place(buyer, if_match=present, key="k")
    assert placed.status_code == 201
    again = place(buyer, if_match=present, key="k")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert (again.json()["id"], Order.objects.count()) == (placed.json()["id"], 1)


def test_out_of_stock_names_the_lines(buyer, place):
    plenty, scarce, gone = VariantFactory(), VariantFactory(stock=1), VariantFactory(stock=0)
    for variant in (plenty, scarce, gone):
        buyer.fill(variant, 2)
    answer = place(buyer)
    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
    assert answer.json()["lines"] == [
        {"variant": str(scarce.pk), "requested": 2, "available": 1},
        {"variant": str(gone.pk), "requested": 2, "available": 0},
    ]
    assert nothing_placed()
    assert CartItem.objects.count() == 3


def test_what_is_not_on_sale_any_more_is_out_of_stock(buyer, place):
    variant = VariantFactory()
    buyer.fill(variant)
    Product.objects.update(status="archived")
    answer = place(buyer)
    assert answer.json()["lines"] == [{"variant": str(variant.pk), "requested": 1, "available": 0}]
    assert nothing_placed()


def test_the_stock_statement_decides_after_all(buyer, place, monkeypatch):
    """Somebody else takes the last unit between the reading and the end."""
    variant = VariantFactory(stock=1)
    buyer.fill(variant)
    monkeypatch.setattr("orders.services.placement.check_contents", lambda contents: None)
    StockLevel.objects.update(on_hand=0)
    answer = place(buyer)
    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
    assert nothing_placed()
    assert CartItem.objects.count() == 1
    assert not EventRecord.objects.filter(type="order.placed").exists()


def test_price_changed_tells_the_difference(buyer, place):
    variant = VariantFactory(price_amount=1000)
    buyer.fill(variant)
    Variant.objects.update(price_amount=1250)
    answer = place(buyer, expected_total=usd(1000))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "price_changed")
    assert (body["expected_total"], body["total"], body["difference"]) == (usd(1000), usd(1250), usd(250))
    assert body["changes"][0]["kind"] == "price_changed"
    assert nothing_placed()
    assert place(buyer, expected_total={"amount": 1250, "currency": "EUR"}).json()["difference"] is None
    assert place(buyer, expected_total=usd(1250)).status_code == 201


def test_no_shipping(buyer, place):
    variant = VariantFactory()
    ShippingMethodFactory(seller=variant.seller, countries=["FR"])
    buyer.fill(variant)
    answer = place(buyer)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_shipping")
    assert nothing_placed()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"shipping_address": {"country": "GB"}}, "/shipping_address/name"),
        ({"shipping_address": "here"}, "/shipping_address"),
        ({"shipping": ["1"]}, "/shipping"),
        ({"shipping": {"1": 1}}, "/shipping/1"),
        ({"expected_total": 2000}, "/expected_total"),
        ({"note": 5}, "/note"),
        ({"total": {"amount": 1, "currency": "USD"}}, "/total"),
        ({"billing_address": {}}, "/billing_address/name"),
    ],
)
def test_bad_input_is_400_and_changes_nothing(buyer, place, body, pointer):
    buyer.fill(VariantFactory())
    answer = place(buyer, **body)
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert nothing_placed()


def test_an_answer_is_stored_before_the_stock_is_touched(buyer, place, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "orders.services.placement.hold_stock", lambda **_: seen.append(IdempotencyRecord.objects.count())
    )
    buyer.fill(VariantFactory())
    assert place(buyer).status_code == 201
    assert seen == [1]


# --- Coupons --------------------------------------------------------------------------------------------


def test_a_coupon_is_used_and_shared(buyer, place):
    coupon = CouponFactory(usage_limit=1)
    buyer.fill(VariantFactory(price_amount=1005))
    buyer.post("/api/v1/cart/coupon", {"code": coupon.code})
    body = place(buyer).json()
    assert (body["coupon"], body["discount_total"], body["total"]) == (coupon.code, usd(101), usd(904))
    assert body["items"][0]["discount"] == usd(101)
    coupon.refresh_from_db()
    assert (coupon.used_count, CouponUse.objects.get().order_id) == (1, int(body["id"]))
    assert Cart.objects.get().coupon is None
    assert list(verify_orders()) == []


def test_an_exhausted_coupon_refuses_the_order(buyer, place):
    coupon = CouponFactory(usage_limit=1)
    buyer.fill(VariantFactory())
    buyer.post("/api/v1/cart/coupon", {"code": coupon.code})
    Coupon.objects.update(used_count=1)
    answer = place(buyer)
    assert (answer.status_code, answer.json()["code"]) == (409, "coupon_exhausted")
    assert nothing_placed()


def test_one_customers_uses_are_counted(buyer, place):
    """One that was put into the cart in time is refused by the order, one that is put in later at once."""
    coupon = CouponFactory(usage_limit_per_customer=1)
    buyer.fill(VariantFactory())
    buyer.post("/api/v1/cart/coupon", {"code": coupon.code})
    assert place(buyer).status_code == 201
    buyer.fill(VariantFactory())
    refusal = buyer.post("/api/v1/cart/coupon", {"code": coupon.code})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "coupon_exhausted")
    Cart.objects.update(coupon=coupon)
    refusal = place(buyer)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "coupon_exhausted")
    coupon.refresh_from_db()
    assert coupon.used_count == 1


def test_free_shipping(buyer, place):
    coupon = CouponFactory(kind="free_shipping", percent=None)
    variant = VariantFactory(price_amount=100)
    ShippingMethodFactory(seller=variant.seller)
    buyer.fill(variant)
    buyer.post("/api/v1/cart/coupon", {"code": coupon.code})
    body = place(buyer).json()
    assert (body["shipping_total"], body["discount_total"], body["total"]) == (usd(0), usd(0), usd(100))
