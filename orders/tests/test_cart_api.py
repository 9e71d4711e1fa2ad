import pytest

from accounts.tests.factories import UserFactory
from catalog.models import Variant
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.actor import digest
from orders.models import Cart, CartItem
from orders.tests.factories import (
    CouponFactory,
)
from orders.tests.looks import add, usd

pytestmark = pytest.mark.django_db
CART, ITEMS = "/api/v1/cart", "/api/v1/cart/items"


# --- Reading and writing --------------------------------------------------------------------------------


def test_an_empty_cart_has_no_row_but_a_token(api):
    answer = api.get(CART)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": None,
        "currency": "USD",
        "items": [],
        "saved": [],
        "discounts": [],
        "coupon": None,
        "subtotal": usd(0),
        "discount_total": usd(0),
        "total": usd(0),
        "changes": [],
    }
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not Cart.objects.exists()
    token = answer.headers["Cart-Token"]
    line = add(api, VariantFactory(), **{"Cart-Token": token})
    assert "Cart-Token" not in line.headers
    assert Cart.objects.get().token_digest == digest(token)


def test_a_guest_gets_a_token_with_the_first_line(api):
    variant = VariantFactory(price_amount=1250)
    answer = add(api, variant, 2)
    assert answer.status_code == 201
    token, cart = answer.headers["Cart-Token"], Cart.objects.get()
    assert (cart.token_digest, cart.user) == (digest(token), None)
    assert token not in str(Cart.objects.values())
    body = api.get(CART, headers={"Cart-Token": token}).json()
    assert body == answer.json()
    assert body["items"] == [
        {
            "id": str(cart.items.get().pk),
            "variant": str(variant.pk),
            "product": str(variant.product_id),
            "seller": str(variant.seller_id),
            "title": variant.product.title,
            "sku": variant.sku,
            "options": {},
            "quantity": 2,
            "unit_price": usd(1250),
            "total": usd(2500),
            "available": True,
        }
    ]
    assert (body["subtotal"], body["total"], body["changes"]) == (usd(2500), usd(2500), [])


def test_a_line_that_is_there_grows(client):
    variant = VariantFactory()
    add(client, variant, 2)
    assert [item["quantity"] for item in add(client, variant, 3).json()["items"]] == [5]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 1000, 1e3, True, "2", None, 2**63, []])
def test_a_quantity_is_an_integer_from_1_to_999(client, quantity):
    variant = VariantFactory()
    answer = client.post(ITEMS, {"variant": str(variant.pk), "quantity": quantity})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/quantity"
    assert not CartItem.objects.exists()


def test_a_line_never_exceeds_999(client):
    variant = VariantFactory()
    assert add(client, variant, 999).status_code == 201
    answer = add(client, variant, 1)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/quantity")
    assert CartItem.objects.get().quantity == 999


@pytest.mark.parametrize("id", ["999999", "abc", "x" * 200])
def test_an_unknown_variant_is_404(client, id):
    assert client.post(ITEMS, {"variant": id, "quantity": 1}).status_code == 404
    assert not Cart.objects.exists()


def test_a_draft_is_not_for_sale(client):
    variant = VariantFactory(product=ProductFactory(status="draft"))
    assert add(client, variant).status_code == 404


def test_a_cart_takes_its_first_lines_currency_until_it_is_empty(client):
    dollars, euros = VariantFactory(), VariantFactory(currency="EUR")
    item = add(client, dollars).json()["items"][0]["id"]
    refused = add(client, euros)
    assert (refused.status_code, refused.json()["code"]) == (409, "currency_mismatch")
    assert client.delete(f"{ITEMS}/{item}").json()["items"] == []
    assert add(client, euros).json()["currency"] == "EUR"


def test_a_cart_holds_100_lines(client, user):
    product = ProductFactory()
    variants = [
        Variant(
            product=product,
            seller=product.seller,
            sku=f"S{n}",
            price_amount=1,
            currency="USD",
            options={"n": n},
        )
        for n in range(101)
    ]
    Variant.objects.bulk_create(variants)
    add(client, variants[0])
    cart = Cart.objects.get()
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant=variant, quantity=1, price_amount=1) for variant in variants[1:100]
    )
    refused = add(client, variants[100])
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_lines")
    assert add(client, variants[5]).status_code == 201
    assert cart.items.count() == 100


def test_change_and_remove_a_line(client):
    item = add(client, VariantFactory(price_amount=100)).json()["items"][0]["id"]
    changed = client.patch(f"{ITEMS}/{item}", {"quantity": 7})
    assert (changed.status_code, changed.json()["total"]) == (200, usd(700))
    assert client.delete(f"{ITEMS}/{item}").json()["items"] == []
    assert client.delete(f"{ITEMS}/{item}").status_code == 404


def test_anothers_line_is_404(client, as_user):
    item = add(as_user(UserFactory()), VariantFactory(), 3).json()["items"][0]["id"]
    assert client.patch(f"{ITEMS}/{item}", {"quantity": 1}).status_code == 404
    assert client.delete(f"{ITEMS}/{item}").status_code == 404
    assert CartItem.objects.get().quantity == 3


def test_empty_the_cart(client):
    add(client, VariantFactory())
    client.post("/api/v1/cart/coupon", {"code": CouponFactory().code})
    assert client.delete(CART).status_code == 204
    body = client.get(CART).json()
    assert (body["items"], body["coupon"]) == ([], None)


def test_unknown_members_and_parameters_are_refused(client):
    body = {"variant": str(VariantFactory().pk), "quantity": 1, "unit_price": usd(1)}
    assert client.post(ITEMS, body).json()["errors"][0]["code"] == "unknown_field"
    assert client.get(f"{CART}?x=1").status_code == 400


# --- Versions -------------------------------------------------------------------------------------------


def test_a_stale_if_match_changes_nothing(client):
    variant = VariantFactory()
    first = client.get(CART).headers["ETag"]
    second = add(client, variant, **{"If-Match": first}).headers["ETag"]
    assert second == client.get(CART).headers["ETag"] != first
    stale = add(client, variant, 5, **{"If-Match": first})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert CartItem.objects.get().quantity == 1
    assert add(client, variant, 5, **{"If-Match": second}).status_code == 201


def test_a_sale_elsewhere_is_no_new_version(client):
    variant = VariantFactory()
    etag = add(client, variant).headers["ETag"]
    Variant.objects.update(price_amount=1)
    assert client.get(CART).headers["ETag"] == etag


# --- What has changed meanwhile -------------------------------------------------------------------------


def test_a_new_price_counts_at_once_and_is_told(client):
    variant = VariantFactory(price_amount=1000)
    item = add(client, variant, 2).json()["items"][0]["id"]
    Variant.objects.update(price_amount=1200)
    body = client.get(CART).json()
    assert body["total"] == usd(2400)
    told = {
        "kind": "price_changed",
        "item": item,
        "variant": str(variant.pk),
        "from": usd(1000),
        "to": usd(1200),
    }
    assert body["changes"] == [told]
    assert client.patch(f"{ITEMS}/{item}", {"quantity": 2}).json()["changes"] == []


def test_what_is_short_or_gone_is_told(client):
    short, gone = VariantFactory(stock=1), VariantFactory()
    add(client, short, 3)
    items = [item["id"] for item in add(client, gone).json()["items"]]
    gone.product.status = "archived"
    gone.product.save()
    body = client.get(CART).json()
    assert [item["available"] for item in body["items"]] == [False, False]
    assert body["changes"] == [
        {
            "kind": "insufficient_stock",
            "item": items[0],
            "variant": str(short.pk),
            "quantity": 3,
            "available": 1,
        },
        {"kind": "unavailable", "item": items[1], "variant": str(gone.pk)},
    ]


# --- A guest signs in -----------------------------------------------------------------------------------


def test_a_guests_cart_is_merged_into_the_users(api, client):
    both, theirs, scarce = VariantFactory(), VariantFactory(), VariantFactory(stock=4)
    token = add(api, both, 2).headers["Cart-Token"]
    add(api, theirs, 1, **{"Cart-Token": token})
    add(api, scarce, 3, **{"Cart-Token": token})
    add(client, both, 1)
    add(client, scarce, 2)
    body = client.get(CART, headers={"Cart-Token": token}).json()
    assert {item["variant"]: item["quantity"] for item in body["items"]} == {
        str(both.pk): 3,
        str(scarce.pk): 4,
        str(theirs.pk): 1,
    }
    assert body["changes"] == [
        {"kind": "quantity_limited", "variant": str(scarce.pk), "wanted": 5, "quantity": 4}
    ]
    assert Cart.objects.get().user is not None
    again = client.get(CART, headers={"Cart-Token": token}).json()
    assert (again["items"], again["changes"]) == (body["items"], [])


def test_a_guests_cart_becomes_that_of_a_user_who_has_none(api, client):
    variant, coupon = VariantFactory(), CouponFactory()
    token = add(api, variant, 2).headers["Cart-Token"]
    api.post("/api/v1/cart/coupon", {"code": coupon.code}, headers={"Cart-Token": token})
    body = client.get(CART, headers={"Cart-Token": token}).json()
    assert [item["quantity"] for item in body["items"]] == [2]
    assert body["coupon"]["code"] == coupon.code
    assert api.get(CART, headers={"Cart-Token": token}).json()["items"] == []


def test_carts_of_two_currencies_stay_two(api, client):
    token = add(api, VariantFactory(currency="EUR")).headers["Cart-Token"]
    add(client, VariantFactory())
    body = client.get(CART, headers={"Cart-Token": token}).json()
    assert body["changes"] == [{"kind": "not_merged", "reason": "currency_mismatch", "currency": "EUR"}]
    assert (len(body["items"]), Cart.objects.count()) == (1, 2)
