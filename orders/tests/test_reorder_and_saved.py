"""Lines kept for later, and orders bought again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Product, StockLevel
from catalog.tests.factories import VariantFactory
from orders.models import Cart, CartItem
from orders.services.carts import prune_carts
from orders.tests.factories import OrderFactory, actor_of, put_in_cart
from orders.tests.looks import add, usd
from orders.tokens import order_token

pytestmark = pytest.mark.django_db
ITEMS = "/api/v1/cart/items"


def change(client, line, **body):
    return client.patch(f"{ITEMS}/{line}", body)


def lines():
    return sorted(CartItem.objects.values_list("variant_id", "quantity", "is_saved"))


def test_a_line_is_kept_for_later_and_taken_up_again(buyer, place):
    first, second = VariantFactory(price_amount=1000), VariantFactory(price_amount=300)
    add(buyer, first, 2)
    item = add(buyer, second).json()["items"][0]["id"]
    cart = change(buyer, item, saved=True).json()
    assert ([row["variant"] for row in cart["items"]], cart["total"]) == ([str(second.pk)], usd(300))
    assert [(row["variant"], row["quantity"]) for row in cart["saved"]] == [(str(first.pk), 2)]
    assert place(buyer).json()["total"] == usd(300)
    assert lines() == [(first.pk, 2, True)]
    assert place(buyer).json()["code"] == "cart_empty"
    cart = change(buyer, item, saved=False, quantity=3).json()
    assert (cart["saved"], cart["total"]) == ([], usd(3000))
    assert change(buyer, item).status_code == 400


def test_a_saved_line_is_of_any_currency_until_it_is_taken_up(buyer):
    dollars, yen = VariantFactory(), VariantFactory(price_amount=900, currency="JPY")
    item = add(buyer, yen).json()["items"][0]["id"]
    assert change(buyer, item, saved=True).json()["items"] == []
    assert add(buyer, dollars).json()["currency"] == "USD"
    refusal = change(buyer, item, saved=False)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "currency_mismatch")
    assert lines() == sorted([(yen.pk, 1, True), (dollars.pk, 1, False)])


def test_adding_what_was_saved_takes_it_up(buyer, variant):
    item = add(buyer, variant, 2).json()["items"][0]["id"]
    change(buyer, item, saved=True)
    assert add(buyer, variant, 1).json()["saved"] == []
    assert lines() == [(variant.pk, 3, False)]


def test_what_a_guest_kept_goes_along(api, buyer):
    saved, both = VariantFactory(), VariantFactory()
    answer = add(api, saved)
    token = {"Cart-Token": answer.headers["Cart-Token"]}
    api.patch(f"{ITEMS}/{answer.json()['items'][0]['id']}", {"saved": True}, headers=token)
    add(api, both, **token)
    buyer.fill(both)
    cart = buyer.get("/api/v1/cart", headers=token).json()
    assert lines() == sorted([(saved.pk, 1, True), (both.pk, 2, False)])
    assert [row["variant"] for row in cart["saved"]] == [str(saved.pk)]


def test_guests_carts_expire(api, user, variant, settings):
    settings.GUEST_CART_LIFETIME = timedelta(days=10)
    add(api, variant)
    put_in_cart(actor_of(user), variant)
    Cart.objects.update(updated_at=timezone.now() - timedelta(days=11))
    assert prune_carts() == 1
    assert Cart.objects.get().user == user


# --- Again ------------------------------------------------------------------------------------------------------


def again(client, order, **headers):
    return client.post(f"/api/v1/orders/{order.number}/reorder", headers=headers)


def test_an_order_is_bought_again_at_todays_price(as_user, place):
    variants = [VariantFactory(price_amount=1000), VariantFactory(price_amount=300)]
    order = OrderFactory(variants=variants, quantity=2)
    variants[0].price_amount = 1100
    variants[0].save()
    client = as_user(order.user)
    put_in_cart(actor_of(order.user), variants[1])
    answer = again(client, order)
    assert answer.status_code == 200
    assert [row["quantity"] for row in answer.json()["items"]] == [3, 2]
    assert (answer.json()["total"], answer.json()["changes"]) == (usd(3100), [])
    assert place(client).status_code == 201


def test_what_cannot_be_had_is_told(as_user):
    gone, short, out = VariantFactory(), VariantFactory(stock=5), VariantFactory(stock=3)
    order = OrderFactory(variants=[gone, short, out], quantity=3)
    Product.objects.filter(pk=gone.product_id).update(status="archived")
    assert StockLevel.objects.get(variant=out).available == 0
    client = as_user(order.user)
    changes = again(client, order).json()["changes"]
    assert [(row["kind"], row["variant"], row["wanted"]) for row in changes] == [
        ("not_added", str(gone.pk), 3),
        ("quantity_limited", str(short.pk), 3),
        ("not_added", str(out.pk), 3),
    ]
    assert [row.get("reason") for row in changes] == ["unavailable", None, "out_of_stock"]
    assert (changes[1]["quantity"], lines()) == (2, [(short.pk, 2, False)])


def test_another_currency_stays_out(as_user):
    order = OrderFactory(variants=[VariantFactory(currency="JPY")])
    here = VariantFactory()
    put_in_cart(actor_of(order.user), here)
    (change,) = again(as_user(order.user), order).json()["changes"]
    assert (change["reason"], lines()) == ("currency_mismatch", [(here.pk, 1, False)])


def test_a_guest_buys_again_with_the_token(api, variant):
    order = OrderFactory(variants=[variant])
    order.user = None
    order.save(update_fields=["user"])
    assert again(api, order).status_code == 401
    answer = again(api, order, **{"Order-Token": order_token(order.pk)})
    assert (answer.status_code, len(answer.json()["items"])) == (200, 1)
    token = answer.headers["Cart-Token"]
    assert len(api.get("/api/v1/cart", headers={"Cart-Token": token}).json()["items"]) == 1
