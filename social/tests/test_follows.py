from collections import Counter
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Seller
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.models import Product
from catalog.tests.factories import BrandFactory, ProductFactory
from catalog.tests.races import at_once
from config.shared.errors import NotFound
from social import services
from social.integrity import verify
from social.models import Follow, Notification
from social.tests.factories import FollowFactory


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


# --- Feed ----------------------------------------------------------------------------------------------------


def test_the_feed(client: Any, user: Any, django_assert_max_num_queries: Any) -> None:
    shop, brand = SellerFactory(), BrandFactory()
    services.follow(user=user, seller=shop)
    services.follow(user=user, brand=brand)
    both = ProductFactory(seller=shop, brand=brand)
    of_brand = ProductFactory(brand=brand)
    ProductFactory(seller=shop, status="draft")
    ProductFactory(seller=SellerFactory(status=Seller.Status.SUSPENDED), brand=brand)
    ProductFactory()
    of_shop = ProductFactory(seller=shop)
    wanted = [str(product.pk) for product in (of_shop, of_brand, both)]

    with django_assert_max_num_queries(3):  # the first finds out who asks
        answer = client.get("/api/v1/feed")

    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["results"]] == wanted
    page = client.get("/api/v1/feed?limit=2").json()
    rest = client.get(page["next"]).json()
    assert [row["id"] for row in page["results"] + rest["results"]] == wanted
    assert rest["next"] is None


def test_an_empty_feed(client: Any) -> None:
    ProductFactory()

    assert client.get("/api/v1/feed").json() == {"results": [], "next": None, "previous": None}
    assert Product.objects.count() == 1


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
