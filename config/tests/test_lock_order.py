"""Which rows each act locks, and in which order: key, cart, order, payment, refund, coupon, holds, stock, products.

An order that all keep cannot deadlock; a lock that is missing is a race. "in order": of several rows, by id.
"""

from typing import Any

import pytest
from django.db import transaction

from accounts.services import change_user, create_api_key
from accounts.services.logos import replace_logo
from accounts.services.privacy import close_shop
from accounts.services.registration import create_admin
from accounts.services.sellers import apply_as_seller, owner_of, set_commission_rate, suspend_seller
from accounts.services.step_up import enrol_in_totp, verify_code
from accounts.tests.factories import PASSWORD, AdminFactory, SellerFactory, UserFactory, enrolled
from catalog import services as catalog
from catalog.services.bulk import NewStock, set_stock
from catalog.services.inventory import delete_location
from catalog.services.products import lock_product
from catalog.services.stock import lock_levels
from catalog.services.stock_effects import lock_products
from catalog.services.taxonomy import lock_tree
from catalog.tests.factories import VariantFactory
from config.shared.webhooks import services as webhooks
from config.tests.locks import locks_of
from orders import services as orders
from orders.privacy import erase_orders
from orders.services.claiming import claim_guest_orders
from orders.services.coupons import delete_coupon, give_coupons_back
from orders.tests.factories import ADDRESS, CouponFactory, actor_of, order_with_coupon, put_in_cart
from orders.tests.looks import make_due
from payments import services as payments
from payments.models import Payment, PayoutAccount, Refund
from payments.services.expiring import overdue
from payments.services.intents import lock_payment
from payments.services.requesting import refundable
from payments.tests.factories import key, order_for, pay
from social.services.follows import lock_pair
from social.services.preferences import lock_settings
from social.services.wishes import lock_user

pytestmark = pytest.mark.django_db
KEY, CART, ORDER, PAYMENT, REFUND = (
    "advisory",
    "orders_cart in order",
    "orders_order",
    "payments_payment",
    "payments_refund",
)
HOLDS, STOCK, PRODUCTS = (
    "catalog_stockhold in order",
    "catalog_stocklevel in order",
    "catalog_product in order",
)
USER, SHOP, PLACE = "accounts_user", "accounts_seller", "catalog_location"


def test_a_cart_and_its_order(as_user: Any) -> None:
    user, variants = UserFactory(), [VariantFactory(), VariantFactory()]
    for variant in reversed(variants):
        put_in_cart(actor_of(user), variant)
    client, line = as_user(user), {"variant": str(variants[0].pk), "quantity": 1}
    assert locks_of(lambda: client.post("/api/v1/cart/items", line)) == [CART]
    place = lambda: client.post("/api/v1/orders/place", {"shipping_address": ADDRESS}, headers=key())  # noqa: E731
    assert locks_of(place) == [KEY, CART, STOCK]


def test_a_payment_and_its_refund(as_user: Any, standin: Any) -> None:
    order = order_for(UserFactory())
    client = as_user(order.user)
    assert locks_of(lambda: pay(client, order)) == [ORDER, KEY, ORDER, PAYMENT]
    payment = Payment.objects.get()
    card = {"payment_method": "pm_card_visa"}
    confirm = lambda: client.post(f"/api/v1/payments/{payment.pk}/confirm", card)  # noqa: E731
    assert locks_of(confirm) == [ORDER, PAYMENT, ORDER, PAYMENT, ORDER, HOLDS, STOCK, PRODUCTS]
    assert locks_of(lambda: lock_payment(payment.pk)) == [ORDER, PAYMENT]
    assert locks_of(lambda: refundable(order)) == [f"{PAYMENT} in order"]
    asked: dict[str, Any] = {"payment": Payment.objects.get(), "amount": 100, "reason": "requested"}
    assert locks_of(lambda: payments.request_refund(**asked)) == [ORDER]
    assert locks_of(lambda: payments.send_refund(refund_id=Refund.objects.get().pk)) == [ORDER, REFUND, ORDER]
    refund_rest = lambda: payments.refund_order(order_id=order.pk, reason="requested")  # noqa: E731
    assert locks_of(refund_rest) == [f"{PAYMENT} in order", ORDER]
    assert locks_of(overdue) == [f"{PAYMENT} in order"]
    assert locks_of(lambda: list(PayoutAccount.objects.locked())) == ["payments_payoutaccount"]


def test_the_life_of_an_order() -> None:
    user = UserFactory()
    with_coupon = order_with_coupon(user, VariantFactory(), CouponFactory())
    with transaction.atomic():
        assert locks_of(lambda: give_coupons_back(order=with_coupon)) == ["orders_coupon in order"]
        transaction.set_rollback(True)
    cancel = lambda: orders.cancel_order(order_id=with_coupon.pk, by=None)  # noqa: E731
    assert locks_of(cancel) == [ORDER, "orders_coupon in order", f"{PAYMENT} in order", HOLDS, STOCK]
    make_due(order_for(user))
    assert locks_of(orders.expire_due_orders) == [f"{ORDER} in order", f"{PAYMENT} in order", HOLDS, STOCK]
    paid = order_for(user)
    assert locks_of(lambda: orders.mark_order_paid(order_id=paid.pk)) == [ORDER, HOLDS, STOCK, PRODUCTS]
    part = paid.parts.get()
    for step in (orders.accept_part, orders.ship_part, orders.deliver_part):
        assert locks_of(lambda step=step: step(part_id=part.pk, by=None)) == [ORDER]
    assert locks_of(lambda: claim_guest_orders(user=user)) == [f"{ORDER} in order"]
    assert locks_of(lambda: erase_orders(user)) == [f"{ORDER} in order"]
    assert locks_of(lambda: delete_coupon(coupon=CouponFactory())) == ["orders_coupon"]


def test_stock_and_goods() -> None:
    variant = VariantFactory(stock=10)
    adjust = {"variant": variant, "location": None, "delta": 1, "reason": "count", "actor": "user:1"}
    assert locks_of(lambda: catalog.adjust_stock(**adjust)) == [STOCK, PLACE, STOCK]
    back = {"demand": {variant.pk: 1}, "reference": "order:9", "reason": "return"}
    assert locks_of(lambda: catalog.return_stock(**back)) == [STOCK, PRODUCTS]
    other = variant.seller.locations.create(name="Shed", priority=2)
    assert locks_of(lambda: delete_location(location=other)) == [f"{PLACE} in order"]
    assert locks_of(lambda: lock_products([variant.product_id])) == [PRODUCTS]
    assert locks_of(lambda: lock_product(product_id=variant.product_id)) == ["catalog_product"]
    assert locks_of(lambda: lock_levels(product_id=variant.product_id)) == [STOCK]
    count = [NewStock(variant=variant.pk, delta=2)]
    in_bulk = lambda: set_stock(seller_id=None, rows=count, reason="count", actor="user:1")  # noqa: E731
    assert locks_of(in_bulk) == [STOCK, f"{PLACE} in order", STOCK]
    assert locks_of(lock_tree) == ["advisory"]


def test_people_and_shops() -> None:
    shop, admin, user = SellerFactory(), AdminFactory(), UserFactory()
    hooks = "shared_webhookendpoint in order"
    assert locks_of(lambda: suspend_seller(seller_id=shop.pk)) == [f"{USER} in order", SHOP, hooks]
    assert locks_of(lambda: set_commission_rate(seller_id=shop.pk, rate="0.2")) == [SHOP]
    assert locks_of(lambda: owner_of(shop.pk)) == [f"{USER} in order"]
    assert locks_of(lambda: apply_as_seller(user=user, name="Shop")) == [USER, f"{SHOP} in order", "advisory"]
    end = lambda: change_user(actor=actor_of(admin), user_id=user.pk, is_active=False)  # noqa: E731
    assert locks_of(end)[0] == f"{USER} in order"
    make_key = lambda: create_api_key(user=shop.user, name="Till", scopes=["products:read"])  # noqa: E731
    assert locks_of(make_key) == [USER]
    assert locks_of(lambda: enrol_in_totp(user=admin)) == [USER]
    code = enrolled(admin)[0]
    assert locks_of(lambda: verify_code(user=admin, code=code))[0].startswith("otp_")
    assert locks_of(lambda: create_admin(email=user.email, password=PASSWORD))[0] == f"{USER} in order"
    assert locks_of(lambda: replace_logo(seller_id=shop.pk)) == [SHOP]
    assert locks_of(lambda: close_shop(shop.user))[0] == f"{SHOP} in order"


def test_webhooks_of_an_owner() -> None:
    address = {"owner": "admin", "url": "https://203.0.113.9/hook"}
    assert locks_of(lambda: webhooks.create_webhook(**address))[-1] == "advisory"
    ends = ["shared_webhookendpoint in order"]
    assert locks_of(lambda: webhooks.pause_webhooks(owner="admin")) == ends
    assert locks_of(lambda: webhooks.resume_webhooks(owner="admin")) == ends


def test_what_customers_do() -> None:
    user, shop = UserFactory(), SellerFactory()
    assert locks_of(lambda: lock_user(user)) == [USER]
    assert locks_of(lambda: lock_pair(user_id=user.pk, seller_id=shop.pk)) == ["advisory"]
    assert locks_of(lambda: lock_settings(user.pk))[-1] == "social_socialsettings"
