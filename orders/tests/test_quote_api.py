"""Coupons on a cart, shipping options, and the quote."""

import pytest

from catalog.tests.factories import VariantFactory
from orders.models import Cart
from orders.tests.factories import (
    CouponFactory,
    ShippingMethodFactory,
    TaxRateFactory,
)
from orders.tests.looks import add, usd

pytestmark = pytest.mark.django_db
CART, ITEMS = "/api/v1/cart", "/api/v1/cart/items"


# --- Coupons --------------------------------------------------------------------------------------------


def test_a_coupon_by_its_code_in_any_case(client):
    coupon = CouponFactory(code="WELCOME")
    add(client, VariantFactory(price_amount=1999), 3)
    body = client.post("/api/v1/cart/coupon", {"code": "welcome"}).json()
    assert body["coupon"] == {
        "code": coupon.code,
        "kind": "percent",
        "value": 10,
        "minimum": None,
        "automatic": False,
    }
    assert (body["subtotal"], body["discount_total"], body["total"]) == (usd(5997), usd(600), usd(5397))
    assert client.delete("/api/v1/cart/coupon").json()["total"] == usd(5997)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"starts_at": "2100-01-01T00:00:00Z"}, "coupon_not_valid"),
        ({"ends_at": "2000-01-01T00:00:00Z"}, "coupon_not_valid"),
        ({"usage_limit": 1, "used_count": 1}, "coupon_exhausted"),
        ({"minimum_amount": 2000, "currency": "USD"}, "coupon_not_applicable"),
        ({"minimum_amount": 1, "currency": "EUR"}, "coupon_not_applicable"),
    ],
)
def test_a_coupon_that_does_not_apply_is_409(client, values, code):
    coupon = CouponFactory(**values)
    add(client, VariantFactory())
    answer = client.post("/api/v1/cart/coupon", {"code": coupon.code})
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert Cart.objects.get().coupon is None


def test_a_coupon_that_stops_applying_stays_and_says_so(client):
    coupon = CouponFactory(minimum_amount=3000, currency="USD")
    item = add(client, VariantFactory(price_amount=1999), 2).json()["items"][0]["id"]
    client.post("/api/v1/cart/coupon", {"code": coupon.code})
    body = client.patch(f"{ITEMS}/{item}", {"quantity": 1}).json()
    assert body["discount_total"] == usd(0)
    assert body["changes"] == [{"kind": "coupon_not_applied", "code": coupon.code, "reason": "minimum"}]


def test_an_unknown_coupon_and_an_empty_cart(client):
    assert client.post("/api/v1/cart/coupon", {"code": "NOPE"}).json()["code"] == "cart_empty"
    add(client, VariantFactory())
    assert client.post("/api/v1/cart/coupon", {"code": "NOPE"}).json()["code"] == "coupon_not_found"


# --- Shipping and quote ---------------------------------------------------------------------------------


def test_shipping_options_by_seller_the_cheapest_first(client):
    own, free, nowhere = VariantFactory(price_amount=5000), VariantFactory(), VariantFactory()
    dear = ShippingMethodFactory(seller=own.seller, name="Express", price_amount=1500)
    cheap = ShippingMethodFactory(seller=own.seller, price_amount=700, free_from_amount=10_000)
    ShippingMethodFactory(seller=own.seller, countries=["FR"])
    ShippingMethodFactory(seller=nowhere.seller, postal_prefixes=["EC"])
    for variant in (own, free, nowhere):
        add(client, variant)
    rows = client.get("/api/v1/cart/shipping-options?country=GB&postal_code=SW1Y 4JH").json()["results"]
    assert [row["seller"] for row in rows] == [str(v.seller_id) for v in (own, free, nowhere)]
    expected = [
        {"id": str(cheap.pk), "name": "Parcel", "price": usd(700), "free_from": usd(10_000)},
        {"id": str(dear.pk), "name": "Express", "price": usd(1500), "free_from": None},
    ]
    assert rows[0]["options"] == [option | {"delivery_days": None} for option in expected]
    assert [option["id"] for option in rows[1]["options"]] == ["free"]
    assert rows[2]["options"] == []


@pytest.mark.parametrize("query", ["", "?country=gb", "?country=XX", "?country=GB&city=London"])
def test_shipping_options_need_a_country(client, query):
    assert client.get(f"/api/v1/cart/shipping-options{query}").status_code == 400


def test_the_platforms_methods_serve_sellers_without_own(client):
    platform = ShippingMethodFactory(seller=None, price_amount=300)
    ShippingMethodFactory(seller=None, currency="EUR", price_amount=1)
    add(client, VariantFactory())
    rows = client.get("/api/v1/cart/shipping-options?country=GB").json()["results"]
    assert [option["id"] for option in rows[0]["options"]] == [str(platform.pk)]


def test_a_quote_explains_every_line(client):
    variant = VariantFactory(price_amount=1000)
    other = VariantFactory(price_amount=500, product__attributes={"tax_class": "books"})
    method = ShippingMethodFactory(seller=variant.seller, price_amount=400)
    rate, books = TaxRateFactory(), TaxRateFactory(tax_class="books", rate="0.05")
    coupon = CouponFactory()
    add(client, variant, 3)
    add(client, other)
    client.post("/api/v1/cart/coupon", {"code": coupon.code})
    body = client.post("/api/v1/cart/quote", {"shipping_address": {"country": "GB"}}).json()
    place = {"country": "GB", "region": ""}
    standard = {**place, "tax_class": "standard", "rate": "0.2", "inclusive": False}
    for_books = {**place, "tax_class": "books", "rate": "0.05", "inclusive": False}
    lines = [
        (
            line["subtotal"]["amount"],
            line["discount"]["amount"],
            line["total"]["amount"],
            line["tax"]["amount"],
        )
        for line in body["lines"]
    ]
    assert lines == [(3000, 300, 2700, 540), (500, 50, 450, 23)]
    assert [line["tax_rule"] for line in body["lines"]] == [standard, for_books]
    assert body["discounts"][0]["goods"] == usd(350)
    assert body["shipping"][0] == {
        "seller": str(variant.seller_id),
        "option": str(method.pk),
        "name": "Parcel",
        "rule": "flat",
        "free_from": None,
        "delivery_days": None,
        "price": usd(400),
        "discount": usd(0),
        "total": usd(400),
        "tax": usd(0),
        "tax_rule": None,
    }
    assert body["taxes"] == [
        {"rule": standard, "base": usd(2700), "amount": usd(540)},
        {"rule": for_books, "base": usd(450), "amount": usd(23)},
    ]
    totals = ("subtotal", "discount_total", "shipping_total", "tax_total", "tax_included", "total")
    assert [body[name]["amount"] for name in totals] == [3500, 350, 400, 563, 0, 4113]
    assert (rate.rate, books.pk) and body["changes"] == []


def test_a_quote_takes_the_option_that_is_named(client):
    variant = VariantFactory(price_amount=1000)
    ShippingMethodFactory(seller=variant.seller, price_amount=100)
    dear = ShippingMethodFactory(seller=variant.seller, price_amount=900)
    add(client, variant)
    seller = str(variant.seller_id)
    body = {"shipping_address": {"country": "GB"}, "shipping": {seller: str(dear.pk)}}
    assert client.post("/api/v1/cart/quote", body).json()["total"] == usd(1900)
    unknown = client.post("/api/v1/cart/quote", body | {"shipping": {seller: "0"}})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, f"/shipping/{seller}")
    stranger = client.post("/api/v1/cart/quote", body | {"shipping": {"77777": "1"}})
    assert (stranger.status_code, stranger.json()["errors"][0]["pointer"]) == (400, "/shipping/77777")


def test_a_quote_where_nobody_ships(client):
    variant = VariantFactory()
    ShippingMethodFactory(seller=variant.seller, countries=["FR"])
    add(client, variant)
    answer = client.post("/api/v1/cart/quote", {"shipping_address": {"country": "GB"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_shipping")
    assert answer.json()["sellers"] == [str(variant.seller_id)]


def test_an_empty_cart_has_no_quote(client):
    answer = client.post("/api/v1/cart/quote", {"shipping_address": {"country": "GB"}})
    assert answer.json()["code"] == "cart_empty"
