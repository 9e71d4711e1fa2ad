import pytest

from catalog.models import Product, StockHold, StockLevel, Variant
from catalog.tests.factories import VariantFactory
from config.shared.models import EventRecord, IdempotencyRecord
from orders.models import Cart, CartItem, Order, OrderEvent, OrderItem, OrderPart
from orders.numbers import ALPHABET
from orders.signals import order_placed
from orders.tests.factories import (
    ADDRESS,
    ShippingMethodFactory,
    TaxRateFactory,
)
from orders.tests.looks import nothing_placed, usd
from orders.verification import verify_orders

pytestmark = pytest.mark.django_db


def test_an_order_as_the_contract_has_it(buyer, user, place):
    variant = VariantFactory(price_amount=1000, stock=5)
    method = ShippingMethodFactory(seller=variant.seller, price_amount=400)
    TaxRateFactory()
    buyer.fill(variant, 2)
    answer = place(
        buyer, expected_total=usd(2800), note="Ring twice", shipping={str(variant.seller_id): str(method.pk)}
    )
    assert answer.status_code == 201
    body, order = answer.json(), Order.objects.get()
    item = {
        "id": str(OrderItem.objects.get().pk),
        "variant": str(variant.pk),
        "product": str(variant.product_id),
        "title": variant.product.title,
        "sku": variant.sku,
        "options": {},
        "quantity": 2,
        "shipped_quantity": 0,
        "cancelled_quantity": 0,
        "returned_quantity": 0,
        "refunded_quantity": 0,
        "unit_price": usd(1000),
        "discount": usd(0),
        "tax": usd(400),
        "tax_rate": "0.2",
        "tax_inclusive": False,
        "total": usd(2000),
    }
    amounts = {
        "subtotal": usd(2000),
        "discount_total": usd(0),
        "shipping_total": usd(400),
        "tax_total": usd(400),
        "tax_included": usd(0),
        "total": usd(2800),
    }
    part = OrderPart.objects.get()
    assert body == {
        "id": str(order.pk),
        "number": order.number,
        "status": "pending_payment",
        "refund_status": "none",
        "currency": "USD",
        "customer": str(user.pk),
        "email": user.email,
        "items": [item],
        "parts": [
            {
                "id": str(part.pk),
                "order": str(order.pk),
                "seller": str(variant.seller_id),
                "status": "pending",
                "items": [item],
                "shipments": [],
                "shipping_method": "Parcel",
                "delivery_days": None,
                "cancel_reason": "",
                **amounts,
                "delivered_at": None,
                "created_at": body["created_at"],
            }
        ],
        **amounts,
        "tax_free": False,
        "coupon": "",
        "discounts": [],
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "note": "Ring twice",
        "hold_expires_at": body["hold_expires_at"],
        "paid_at": None,
        "created_at": body["created_at"],
    }
    assert (order.hold_expires_at - order.created_at).total_seconds() == 1800
    assert buyer.get(f"/api/v1/orders/{order.number.lower()}").json() == body
    assert answer.headers["ETag"] == f'"{order.pk}-1"'
    hold = StockHold.objects.get()
    assert (hold.reference, hold.quantity, hold.status) == (f"order:{order.pk}", 2, "active")
    assert hold.expires_at == order.hold_expires_at
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (5, 2)
    assert (part.commission_rate, str(part)) == (variant.seller.commission_rate, f"{order.pk}/{part.pk}")
    assert not CartItem.objects.exists()
    assert Cart.objects.get().currency == ""
    assert list(verify_orders()) == []


def test_what_was_agreed_is_frozen(buyer, place):
    variant = VariantFactory(price_amount=1000)
    buyer.fill(variant)
    before = place(buyer).json()
    Product.objects.update(title="Something else")
    Variant.objects.update(price_amount=1, sku="OTHER")
    variant.seller.commission_rate = "0.5"
    variant.seller.save()
    assert buyer.get(f"/api/v1/orders/{before['id']}").json() == before
    assert str(OrderPart.objects.get().commission_rate) == "0.100000"


def test_it_is_told_once_to_whom_it_concerns(buyer, user, place):
    variant = VariantFactory()
    buyer.fill(variant)
    body = place(buyer).json()
    event = EventRecord.objects.get(type="order.placed")
    assert event.audiences == ["admin", f"seller:{variant.seller_id}", f"user:{user.pk}"]
    assert event.data == {"order": body["id"], "number": body["number"], "status": "pending_payment"}
    line = OrderEvent.objects.get()
    assert (line.type, line.status, line.by, line.by_user) == (
        "order.placed",
        "pending_payment",
        "customer",
        user.pk,
    )


def test_one_part_for_each_seller(buyer, place):
    first, second = VariantFactory(price_amount=100), VariantFactory(price_amount=300)
    third = VariantFactory(product__seller=first.seller, price_amount=50)
    ShippingMethodFactory(seller=first.seller, price_amount=20)
    ShippingMethodFactory(seller=second.seller, price_amount=30)
    for variant in (first, second, third):
        buyer.fill(variant)
    body = place(buyer).json()
    parts = [
        (part["seller"], len(part["items"]), part["shipping_total"]["amount"], part["total"]["amount"])
        for part in body["parts"]
    ]
    assert parts == [(str(first.seller_id), 2, 20, 170), (str(second.seller_id), 1, 30, 330)]
    assert body["total"] == usd(500)
    assert list(verify_orders()) == []


def test_a_total_of_nothing_is_paid_at_once(buyer, place):
    variant = VariantFactory(price_amount=0, stock=3)
    buyer.fill(variant, 2)
    body = place(buyer).json()
    assert (body["status"], body["hold_expires_at"], body["total"]) == ("paid", None, usd(0))
    assert body["paid_at"] == body["created_at"]
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (1, 0)
    assert list(verify_orders()) == []


# --- Guests ---------------------------------------------------------------------------------------------


def fill_as_guest(api, variant, quantity=1):
    return api.post("/api/v1/cart/items", {"variant": str(variant.pk), "quantity": quantity}).headers[
        "Cart-Token"
    ]


def test_a_guest_gets_the_orders_own_token(api, place):
    token = fill_as_guest(api, VariantFactory())
    answer = place(api, token=token, email="Ada@Example.com", key="k")
    assert answer.status_code == 201
    body = answer.json()
    access = body.pop("access_token")
    assert (body["customer"], body["email"]) == (None, "ada@example.com")
    assert access.encode() not in bytes(IdempotencyRecord.objects.get().body)
    assert api.get(f"/api/v1/orders/{body['id']}", headers={"Order-Token": access}).json() == body
    listed = api.get("/api/v1/orders", headers={"Order-Token": access}).json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    again = place(api, token=token, email="Ada@Example.com", key="k")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == body | {"access_token": access}


def test_an_order_token_opens_its_order_alone(api, place):
    first = place(api, token=fill_as_guest(api, VariantFactory()), email="a@example.com").json()
    second = place(api, token=fill_as_guest(api, VariantFactory()), email="a@example.com").json()
    headers = {"Order-Token": first["access_token"]}
    assert api.get(f"/api/v1/orders/{second['id']}", headers=headers).status_code == 404
    forged = {"Order-Token": f"{second['id']}.{first['access_token'].partition('.')[2]}"}
    assert api.get(f"/api/v1/orders/{second['id']}", headers=forged).status_code == 404
    assert api.get(f"/api/v1/orders/{second['id']}").status_code == 401


def test_a_guest_needs_an_email(api, place):
    answer = place(api, token=fill_as_guest(api, VariantFactory()))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/email")
    assert nothing_placed()


def test_a_guest_without_a_cart(api, place):
    answer = place(api, email="a@example.com")
    assert (answer.status_code, answer.json()["code"]) == (409, "cart_empty")


def test_a_guests_cart_goes_along_at_placement(api, buyer, place):
    token = fill_as_guest(api, VariantFactory(price_amount=100))
    buyer.fill(VariantFactory(price_amount=10))
    body = place(buyer, token=token).json()
    assert (body["total"], "access_token" in body) == (usd(110), False)


# --- Numbers and statements -----------------------------------------------------------------------------


def test_a_number_that_is_taken_is_429_and_the_same_key_goes_on(buyer, place, monkeypatch):
    buyer.fill(VariantFactory())
    taken = place(buyer).json()["number"]
    drawn = iter([taken, "SK-FREE"])
    monkeypatch.setattr("orders.services.freezing.new_number", lambda: next(drawn))
    buyer.fill(VariantFactory())
    refused = place(buyer, key="again")
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, "busy", "1")
    assert Order.objects.count() == 1
    assert place(buyer, key="again").json()["number"] == "SK-FREE"


def test_numbers_can_be_read_aloud(buyer, place):
    buyer.fill(VariantFactory())
    number = place(buyer).json()["number"]
    assert number.startswith("SK-") and len(number) == 10
    assert set(number[3:]) <= set(ALPHABET)
    assert not set("01258BILOSUZ") & set(ALPHABET)


def test_statements_of_cart_line_and_placement(api, place, monkeypatch, django_assert_max_num_queries):
    """Cart, line and order of a new guest; what upper apps do about it is not counted."""
    monkeypatch.setattr(order_placed, "receivers", [])
    variant = VariantFactory()
    with django_assert_max_num_queries(31):
        token = fill_as_guest(api, variant)
        answer = place(api, token=token, email="a@example.com")
    assert answer.status_code == 201
