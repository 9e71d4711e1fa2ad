from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Seller
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.models import Product
from catalog.services import adjust_stock
from catalog.services.products import update_product
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.tests.races import at_once
from config.shared.money import Money
from orders.services import mark_order_paid
from payments.tests.factories import place
from social import services
from social.models import Notification, Watch, Wishlist, WishlistItem

LISTS, WISHES = "/api/v1/wishlists", "/api/v1/wishlist"


@pytest.fixture
def user(db: None) -> Any:
    return UserFactory(name="Ada King Lovelace")


@pytest.fixture
def client(as_user: Any, user: Any) -> Any:
    return as_user(user)


def watch_path(product: Any) -> str:
    return f"/api/v1/products/{product.pk}/notify-me"


def told(user: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(row.kind, row.data) for row in Notification.objects.filter(user=user).order_by("pk")]


# --- Lists -----------------------------------------------------------------------------------------------------


def test_a_wish_and_back(client: Any, django_assert_num_queries: Any) -> None:
    product = VariantFactory().product
    first, again = (client.post(WISHES, {"product": product.slug}) for _ in range(2))

    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert first.json()["product"]["id"] == str(product.pk)
    with django_assert_num_queries(3):  # who asks, the items, their pictures
        assert client.get(WISHES).json()["results"] == [first.json()]
    [default] = client.get(LISTS).json()["results"]
    assert (default["id"], default["is_default"], default["shared"]) == (first.json()["wishlist"], True, None)
    assert [client.delete(f"{WISHES}/{first.json()['id']}").status_code for _ in range(2)] == [204, 404]


def test_what_is_off_sale_cannot_be_had(client: Any) -> None:
    archived, closed = VariantFactory().product, VariantFactory().product
    for product in (archived, closed):
        assert client.post(WISHES, {"product": product.slug}).json()["product"]["available"] is True
    Product.objects.filter(pk=archived.pk).update(status="archived")
    Seller.objects.filter(pk=closed.seller_id).update(status="suspended")

    assert [row["product"]["available"] for row in client.get(WISHES).json()["results"]] == [False, False]


def test_several_lists(client: Any) -> None:
    product = VariantFactory().product
    lists = [client.post(LISTS, {"name": name}).json()["id"] for name in ("Birthday", "Kitchen")]
    for wishlist in lists:
        assert client.post(WISHES, {"product": product.slug, "wishlist": wishlist}).status_code == 201
    assert len(client.get(f"{WISHES}?wishlist={lists[0]}").json()["results"]) == 1
    assert client.patch(f"{LISTS}/{lists[0]}", {"name": "\u202eParty\u200b"}).json()["name"] == "Party\u200b"
    assert client.delete(f"{LISTS}/{lists[0]}").status_code == 204
    assert WishlistItem.objects.count() == 1
    for body in ({"name": ""}, {"name": "\u200b\u200b"}, {"name": "a\nb"}, {"name": "x" * 101}, {"name": 7}):
        assert client.post(LISTS, body).status_code == 400


def test_a_list_is_private_until_it_is_shared(client: Any, api: Any, as_user: Any) -> None:
    public, hidden = VariantFactory().product, VariantFactory().product
    for product in (public, hidden):
        client.post(WISHES, {"product": product.slug})
    Product.objects.filter(pk=hidden.pk).update(status="draft")
    row = Wishlist.objects.get()
    stranger = as_user(UserFactory())
    assert stranger.get(f"{LISTS}/{row.pk}").status_code == 404
    assert stranger.post(f"{LISTS}/{row.pk}/share").status_code == 404

    token = client.post(f"{LISTS}/{row.pk}/share").json()["shared"]
    assert client.post(f"{LISTS}/{row.pk}/share").json()["shared"] == token and len(token) == 43
    seen = api.get(f"{LISTS}/shared/{token}").json()
    assert (seen["name"], seen["owner"]) == ("Wishlist", "Ada L.")
    assert [item["product"]["id"] for item in seen["items"]] == [str(public.pk)]
    assert client.delete(f"{LISTS}/{row.pk}/share").status_code == 204
    for guess in (token, str(row.pk), "None", "null", "x" * 43):
        assert api.get(f"{LISTS}/shared/{guess}").status_code == 404


def test_only_what_is_on_sale_and_fits(client: Any) -> None:
    draft, closed = ProductFactory(status="draft"), ProductFactory(seller__status=Seller.Status.SUSPENDED)
    other = VariantFactory()
    for body, status in (
        ({"product": str(draft.pk)}, 404),
        ({"product": str(closed.pk)}, 404),
        ({"product": VariantFactory().product.slug, "variant": str(other.pk)}, 404),
        ({"product": other.product.slug, "wishlist": "999999"}, 404),
        ({}, 400),
        ({"product": 7}, 400),
    ):
        assert client.post(WISHES, body).status_code == status
    assert WishlistItem.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_one_first_list_whoever_is_first() -> None:
    user, products = UserFactory(), [VariantFactory().product for _ in range(2)]
    at_once([partial(services.add_wish, user=user, product=product) for product in products * 3])

    assert (Wishlist.objects.count(), WishlistItem.objects.count()) == (1, 2)


# --- Alerts ----------------------------------------------------------------------------------------------------


def test_back_in_stock_once(client: Any, user: Any, run_jobs: Any) -> None:
    variant = VariantFactory(stock=0)
    assert client.post(watch_path(variant.product), {"event": "back_in_stock"}).status_code == 201
    assert client.post(watch_path(variant.product), {"event": "back_in_stock"}).status_code == 200
    run_jobs()
    assert told(user) == []
    for delta in (3, -3, 2):
        adjust_stock(variant=variant, location=None, delta=delta, reason="count", actor="user:1")
        run_jobs()

    assert told(user) == [("alert.back_in_stock", {"product": str(variant.product_id)})]
    assert Watch.objects.count() == 0


def test_a_price_to_wait_for(client: Any, user: Any, run_jobs: Any) -> None:
    variant = VariantFactory(price_amount=2000)
    below = {"amount": 1500, "currency": "USD"}
    [row] = client.post(watch_path(variant.product), {"below": below}).json()["results"]
    assert (row["event"], row["below"]) == ("price_drop", below)
    for amount in (1800, 1500, 1499, 900):
        update_product(product=variant.product, changes={"price": Money(amount, "USD")})
        run_jobs()

    assert told(user) == [("alert.price_drop", {"product": str(variant.product_id)})]


def test_who_waits_and_follows_hears_of_it_once(client: Any, user: Any, run_jobs: Any) -> None:
    variant = VariantFactory(price_amount=2000)
    services.follow(user=user, seller=variant.seller)
    client.post(watch_path(variant.product), {"variant": str(variant.pk)})
    update_product(product=variant.product, changes={"price": Money(1500, "USD")})
    run_jobs()

    data = {"product": str(variant.product_id), "variant": str(variant.pk)}
    assert told(user) == [("alert.price_drop", data)]


def test_what_can_be_had_is_not_waited_for(client: Any) -> None:
    variant = VariantFactory()
    for body, status, code in (
        ({"event": "back_in_stock"}, 409, "already_available"),
        ({"below": {"amount": 5, "currency": "EUR"}}, 409, "currency_mismatch"),
        ({"event": "tomorrow"}, 400, "invalid"),
        ({"below": {"amount": -5, "currency": "USD"}}, 400, "invalid"),
    ):
        answer = client.post(watch_path(variant.product), body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Watch.objects.count() == 0
    assert len(client.post(watch_path(variant.product)).json()["results"]) == 1
    assert len(client.get("/api/v1/notify-me").json()["results"]) == 1
    assert client.delete(watch_path(variant.product)).status_code == 204
    assert client.get("/api/v1/notify-me").json()["results"] == []


def test_what_came_while_one_asked_is_not_missed(user: Any, run_jobs: Any) -> None:
    """The stock came after we looked at it and before the wish was written: the wish's own job finds it."""
    variant = VariantFactory(stock=0)
    product = Product.objects.get(pk=variant.product_id)
    adjust_stock(variant=variant, location=None, delta=3, reason="count", actor="user:1")
    run_jobs()
    services.watch_product(user=user, product=product, event="back_in_stock")
    run_jobs()

    assert [kind for kind, _ in told(user)] == ["alert.back_in_stock"]


@pytest.mark.django_db(transaction=True)
def test_two_restocks_at_once_spend_a_wish_once() -> None:
    users, variant = [UserFactory() for _ in range(5)], VariantFactory(stock=0)
    for user in users:
        services.watch_product(user=user, product=variant.product)
    adjust_stock(variant=variant, location=None, delta=3, reason="count", actor="user:1")

    alert = partial(services.alert_watchers, product_id=variant.product_id)
    with transaction.atomic():
        assert alert() == 5
        assert at_once([alert]) == [0]  # does not wait for the first, and tells nobody twice
    assert [[kind for kind, _ in told(user)] for user in users] == [["alert.back_in_stock"]] * 5
    assert Watch.objects.filter(event="back_in_stock").count() == 0


# --- Looked at, and bought together ------------------------------------------------------------------------------


def test_recently_viewed(client: Any, user: Any) -> None:
    products = [VariantFactory().product for _ in range(3)]
    for product in (*products, products[0]):
        assert client.post("/api/v1/recently-viewed", {"product": product.slug}).status_code == 204

    def seen() -> list[str]:
        return [row["id"] for row in client.get("/api/v1/recently-viewed").json()["results"]]

    assert seen() == [str(products[index].pk) for index in (0, 2, 1)]
    client.patch("/api/v1/me/public", {"keeps_history": False})
    client.post("/api/v1/recently-viewed", {"product": VariantFactory().product.slug})
    assert len(seen()) == 3
    assert client.delete("/api/v1/recently-viewed").status_code == 204
    assert seen() == []


def test_only_the_newest_are_kept(user: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("social.services.history.KEPT", 2)
    for _ in range(4):
        services.remember_view(user=user, product=VariantFactory().product)

    assert services.forget_views(user=user) == 2


@pytest.mark.django_db
def test_also_bought(api: Any, django_assert_num_queries: Any) -> None:
    kettle, cup, spoon, hidden = (VariantFactory(product__seller=SellerFactory()) for _ in range(4))
    for basket in ((kettle, cup), (kettle, cup, spoon), (kettle, hidden)):
        mark_order_paid(order_id=place(UserFactory(), *basket).pk)
    place(UserFactory(), kettle, spoon)  # not paid
    Product.objects.filter(pk=hidden.product_id).update(status="archived")
    path = f"/api/v1/products/{kettle.product_id}/also-bought"
    assert api.get(path).json()["results"] == []
    for _ in range(2):
        assert services.compute_also_bought() == 8

    with django_assert_num_queries(3):
        rows = api.get(path).json()["results"]
    assert [row["id"] for row in rows] == [str(cup.product_id), str(spoon.product_id)]
