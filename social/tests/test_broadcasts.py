"""The way of a shop's news to its followers."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Session
from accounts.services import start_session
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.services.products import update_product
from catalog.tests.factories import BrandFactory, ProductFactory, VariantFactory
from catalog.tests.races import at_once
from config.shared.models import EventRecord
from config.shared.money import Money
from social import services
from social.models import Broadcast, Notification, Post
from social.services import broadcasts

Kind = Notification.Kind


def follower(shop: Any = None, **more: Any) -> Any:
    """Somebody who is logged in."""
    user = UserFactory(**more)
    start_session(user=user)
    if shop is not None:
        services.follow(user=user, seller=shop)
    return user


def drop(shop: Any, **values: Any) -> Any:
    """A product whose price has just fallen."""
    variant = VariantFactory(product=ProductFactory(seller=shop, **values), price_amount=2000)
    update_product(product=variant.product, changes={"price": Money(1500, "USD")})
    return variant.product


def told(user: Any) -> list[Any]:
    return list(Notification.objects.filter(user=user).order_by("pk"))


def frames(user: Any) -> list[tuple[str, dict[str, Any]]]:
    rows = EventRecord.objects.filter(audiences=[f"user:{user.pk}"], stream="notifications")
    return [(row.type, row.data) for row in rows.order_by("pk")]


@pytest.mark.django_db
def test_ten_price_drops_of_a_shop_become_one(run_jobs: Any) -> None:
    shop, other = SellerFactory(), SellerFactory()
    user = follower(shop)
    services.follow(user=user, seller=other)
    products = [drop(shop) for _ in range(5)]
    run_jobs()
    products += [drop(shop) for _ in range(5)]
    elsewhere = drop(other)
    run_jobs()

    first, second = told(user)
    assert first.data == {
        "seller": str(shop.pk),
        "product": str(products[-1].pk),
        "products": [str(product.pk) for product in (*products[:4:-1], *products[4::-1])],
    }
    assert second.data["products"] == [str(elsewhere.pk)]
    assert [kind for kind, _ in frames(user)] == [
        "notification.created", "notification.updated", "notification.created",
    ]  # fmt: skip
    assert [data["unread"] for _, data in frames(user)] == [1, 1, 2]

    services.read_notification(notification=first)
    drop(shop)
    run_jobs()
    assert [len(row.data["products"]) for row in told(user)] == [10, 1, 1]


@pytest.mark.django_db
def test_other_kinds_do_not_merge(run_jobs: Any) -> None:
    shop = SellerFactory()
    user = follower(shop)
    for _ in range(3):
        services.post_news(product=ProductFactory(seller=shop), kind=Post.Kind.NEW)
    services.post_announcement(seller=shop, title="Hello", body="There.")
    run_jobs()
    run_jobs()

    assert [row.kind for row in told(user)] == [Kind.PRODUCT_NEW] * 3 + [Kind.ANNOUNCEMENT_NEW]
    assert [data["unread"] for _, data in frames(user)] == [1, 2, 3, 4]


@pytest.mark.django_db
def test_who_follows_shop_and_brand_is_told_once(run_jobs: Any) -> None:
    shop, brand = SellerFactory(), BrandFactory()
    both, of_brand = follower(shop), follower()
    for user in (both, of_brand):
        services.follow(user=user, brand=brand)
    branded, plain = drop(shop, brand=brand), drop(shop)
    run_jobs()

    assert [row.data["products"] for row in told(both)] == [[str(plain.pk), str(branded.pk)]]
    assert [row.data["products"] for row in told(of_brand)] == [[str(branded.pk)]]


@pytest.mark.django_db
def test_what_is_no_longer_public_is_not_told(run_jobs: Any) -> None:
    shop = SellerFactory()
    user = follower(shop)
    product = drop(shop)
    type(product).objects.filter(pk=product.pk).update(status="archived")
    run_jobs()

    assert told(user) == []
    assert Broadcast.objects.filter(told_at=None).count() == 0


@pytest.mark.django_db
def test_no_frames_for_those_who_are_long_gone(run_jobs: Any) -> None:
    shop = SellerFactory()
    user = follower(shop)
    Session.objects.filter(user=user).update(last_used_at=timezone.now() - timezone.timedelta(days=2))
    drop(shop)
    run_jobs()

    assert (len(told(user)), frames(user)) == (1, [])


@pytest.mark.django_db
def test_an_import_does_not_flood(run_jobs: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(broadcasts, "MOST", 2)
    shop = SellerFactory()
    user = follower(shop)
    products = [ProductFactory(seller=shop) for _ in range(5)]
    for product in products:
        services.post_news(product=product, kind=Post.Kind.NEW)
    run_jobs()

    assert [row.data["product"] for row in told(user)] == [str(product.pk) for product in products[3:]]
    assert Post.objects.filter(broadcast=None).count() == 0


@pytest.mark.django_db
def test_a_long_way_is_gone_in_batches_and_goes_on_where_it_ended(monkeypatch: Any) -> None:
    monkeypatch.setattr(broadcasts, "BATCH", 2)
    shop = SellerFactory()
    users = [follower(shop) for _ in range(5)]
    drop(shop)

    assert services.tell_followers(seller_id=shop.pk, batches=1) is True
    assert [len(told(user)) for user in users] == [1, 1, 0, 0, 0]
    monkeypatch.setattr(broadcasts, "tell", fail)
    with pytest.raises(RuntimeError):
        services.tell_followers(seller_id=shop.pk, batches=9)
    monkeypatch.undo()
    assert services.tell_followers(seller_id=shop.pk, batches=9) is False
    assert [len(told(user)) for user in users] == [1] * 5


@pytest.mark.django_db
def test_the_news_of_a_shop_share_the_batches_of_a_stage() -> None:
    shop = SellerFactory()
    user = follower(shop)
    for _ in range(3):
        services.post_news(product=ProductFactory(seller=shop), kind=Post.Kind.NEW)
    assert [services.tell_followers(seller_id=shop.pk, batches=2) for _ in range(3)] == [True, False, False]
    assert len(told(user)) == 3


def fail(*args: Any) -> None:
    raise RuntimeError("killed")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(broadcasts, "BATCH", 2)
    shop = SellerFactory()
    users = [follower(shop) for _ in range(7)]
    for _ in range(3):
        drop(shop)

    results = at_once([partial(services.tell_followers, seller_id=shop.pk, batches=9)] * 4)

    assert results == [False] * 4
    assert [[len(row.data["products"]) for row in told(user)] for user in users] == [[3]] * 7
    assert [[kind for kind, _ in frames(user)] for user in users] == [["notification.created"]] * 7
