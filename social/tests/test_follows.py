from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Seller
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.tests.factories import BrandFactory, VariantFactory
from catalog.tests.races import at_once
from config.shared.errors import NotFound
from social import services
from social.integrity import verify
from social.models import Block, Follow, Notification, Review
from social.tests.factories import FollowFactory, delivered


@pytest.fixture
def user(db: None) -> Any:
    return UserFactory()


@pytest.fixture
def client(as_user: Any, user: Any) -> Any:
    return as_user(user)


def test_follow_again_and_unfollow(client: Any, user: Any) -> None:
    seller = SellerFactory()

    first, again = (client.post("/api/v1/follow", {"seller": str(seller.pk)}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["seller"] == {"id": str(seller.pk), "slug": seller.slug, "name": seller.name}
    assert first.json()["brand"] is None
    assert again.json() == first.json()
    seller.refresh_from_db()
    assert seller.followers_count == 1
    notice = Notification.objects.get()
    assert (notice.user, notice.kind, notice.data) == (
        seller.user,
        "follower.new",
        {"seller": str(seller.pk)},
    )

    listed = client.get("/api/v1/follow").json()
    assert listed["results"] == [first.json()]
    path = f"/api/v1/follow/{first.json()['id']}"
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]
    seller.refresh_from_db()
    assert seller.followers_count == 0
    assert list(verify()) == []


def test_nobody_follows_their_own_shop(as_user: Any, user: Any) -> None:
    seller = SellerFactory()
    answer = as_user(seller.user).post("/api/v1/follow", {"seller": seller.slug})
    assert (answer.status_code, answer.json()["code"]) == (403, "own_shop")
    seller.refresh_from_db()
    assert (seller.followers_count, Follow.objects.count(), Notification.objects.count()) == (0, 0, 0)


def test_follow_a_brand_by_its_slug(client: Any) -> None:
    brand = BrandFactory()

    answer = client.post("/api/v1/follow", {"brand": brand.slug})

    assert (answer.status_code, answer.json()["brand"]["id"]) == (201, str(brand.pk))
    brand.refresh_from_db()
    assert brand.followers_count == 1


@pytest.mark.parametrize("body", [{}, {"seller": "1", "brand": "1"}, {"seller": 1}, {"shop": "1"}])
def test_bad_bodies(client: Any, body: dict[str, Any]) -> None:
    assert client.post("/api/v1/follow", body).status_code == 400
    assert Follow.objects.count() == 0


def test_only_open_shops(client: Any) -> None:
    closed = SellerFactory(status=Seller.Status.SUSPENDED)

    for wanted in (str(closed.pk), "999999", "no-such-shop"):
        assert client.post("/api/v1/follow", {"seller": wanted}).status_code == 404
    assert Follow.objects.count() == 0


def test_anothers_follow_is_not_there(client: Any) -> None:
    follow = FollowFactory(seller=SellerFactory())

    assert client.delete(f"/api/v1/follow/{follow.pk}").status_code == 404
    assert client.get("/api/v1/follow").json()["results"] == []
    assert Follow.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["follow", "feed", "notifications"])
def test_a_guest_is_not_known(api: Any, path: str) -> None:
    assert api.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.django_db
def test_exactly_one_is_followed(user: Any) -> None:
    for both in ({}, {"seller": SellerFactory(), "brand": BrandFactory()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FollowFactory(user=user, **both)


# --- What the shop sees and decides ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_followers_have_the_names_that_they_allow(as_user: Any) -> None:
    shop = SellerFactory()
    for name in ("full", "initial", "hidden"):
        follower = UserFactory(name="Ada King Lovelace")
        services.change_settings(user=follower, public_name=name)
        services.follow(user=follower, seller=shop)
    services.follow(user=UserFactory(), seller=SellerFactory())
    client = as_user(shop.user)

    rows = client.get("/api/v1/sellers/me/followers?sort=created_at").json()["results"]
    assert [row["name"] for row in rows] == ["Ada King Lovelace", "Ada L.", None]
    assert set(rows[0]) == {"id", "name", "created_at"}
    assert as_user(UserFactory()).get("/api/v1/sellers/me/followers").status_code == 403


def test_a_blocked_user_is_rid_of(client: Any, user: Any, as_user: Any) -> None:
    variant = VariantFactory()
    delivered(user, variant)
    shop = variant.seller
    follow = client.post("/api/v1/follow", {"seller": shop.slug}).json()
    owner = as_user(shop.user)

    row = owner.post("/api/v1/sellers/me/blocks", {"follower": follow["id"]})
    assert row.status_code == 201
    shop.refresh_from_db()
    assert (shop.followers_count, Follow.objects.count()) == (0, 0)
    for path, body in (
        ("follow", {"seller": shop.slug}),
        (f"products/{variant.product_id}/reviews", {"rating": 1}),
    ):
        refused = client.post(f"/api/v1/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "blocked")
    assert (Follow.objects.count(), Review.objects.count()) == (0, 0)
    part = shop.order_parts.get()
    again = owner.post("/api/v1/sellers/me/blocks", {"part": str(part.pk)})
    assert (again.status_code, again.json()) == (200, row.json())

    for body in (
        {"follower": follow["id"]},
        {"part": "999999"},
        {"review": "x"},
        {},
        {"part": "1", "review": "1"},
    ):
        assert owner.post("/api/v1/sellers/me/blocks", body).status_code == 400
    other = as_user(SellerFactory().user)
    assert other.post("/api/v1/sellers/me/blocks", {"part": str(part.pk)}).status_code == 400
    assert other.delete(f"/api/v1/sellers/me/blocks/{row.json()['id']}").status_code == 404
    assert owner.delete(f"/api/v1/sellers/me/blocks/{row.json()['id']}").status_code == 204
    assert client.post("/api/v1/follow", {"seller": shop.slug}).status_code == 201


# --- At once -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_under_concurrency() -> None:
    user, seller = UserFactory(), SellerFactory()

    followed = at_once([lambda: services.follow(user=user, seller=seller)] * 8)
    seller.refresh_from_db()
    assert sorted(is_new for _, is_new in followed) == [False] * 7 + [True]
    assert (seller.followers_count, Follow.objects.count(), Notification.objects.count()) == (1, 1, 1)

    follow = Follow.objects.get()
    results = at_once([lambda: services.unfollow(follow=follow)] * 8)
    seller.refresh_from_db()
    assert Counter(map(type, results)) == {type(None): 1, NotFound: 7}
    assert (seller.followers_count, Follow.objects.count()) == (0, 0)


def test_who_unfollows_at_the_moment_of_the_block_is_blocked_all_the_same(user: Any) -> None:
    seller = SellerFactory()
    row, _ = services.follow(user=user, seller=seller)
    waiting = [row]

    def unfollow_meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if waiting and 'FROM "social_follow"' in sql:
            services.unfollow(follow=waiting.pop())
        return answer

    with connection.execute_wrapper(unfollow_meanwhile):
        block, is_new = services.block(seller=seller, user=user)
    seller.refresh_from_db()
    assert (list(Block.objects.all()), is_new, waiting) == ([block], True, [])
    assert (Follow.objects.count(), seller.followers_count) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_blocked_and_following() -> None:
    seller, users = SellerFactory(), [UserFactory() for _ in range(4)]

    at_once(
        [
            partial(act, user=user, seller=seller)
            for user in users
            for act in (services.follow, services.block)
        ]
    )

    seller.refresh_from_db()
    assert (seller.followers_count, Follow.objects.count(), Block.objects.count()) == (0, 0, 4)
