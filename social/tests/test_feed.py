from random import Random
from typing import Any

import pytest
import time_machine
from django.db.models import Q
from django.utils import timezone

from accounts.models import Seller
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.services import adjust_stock
from catalog.services.products import set_product_status, update_product
from catalog.tests.factories import BrandFactory, ProductFactory, VariantFactory
from config.shared.money import Money
from social import services
from social.models import Post

pytestmark = pytest.mark.django_db
FEED = "/api/v1/feed"


@pytest.fixture
def user() -> Any:
    return UserFactory()


@pytest.fixture
def client(as_user: Any, user: Any) -> Any:
    return as_user(user)


def publish(**values: Any) -> Any:
    """A product that was a draft until now."""
    product = VariantFactory(product=ProductFactory(status="draft", **values)).product
    return set_product_status(product=product, status="active")


def reprice(variant: Any, amount: int) -> None:
    update_product(product=variant.product, changes={"price": Money(amount, "USD")})


def products(page: dict[str, Any]) -> list[str]:
    return [row["product"]["id"] for row in page["results"]]


def test_news_of_those_followed(client: Any, user: Any, django_assert_num_queries: Any) -> None:
    shop, brand = SellerFactory(), BrandFactory()
    services.follow(user=user, seller=shop)
    services.follow(user=user, brand=brand)
    both, of_brand = publish(seller=shop, brand=brand), publish(brand=brand)
    publish(seller=SellerFactory(status=Seller.Status.SUSPENDED), brand=brand)
    publish()
    of_shop, hidden = publish(seller=shop), publish(seller=shop)
    set_product_status(product=hidden, status="draft")
    wanted = [str(product.pk) for product in (of_shop, of_brand, both)]

    with django_assert_num_queries(3):  # who asks, the posts with their products, the pictures
        answer = client.get(FEED)

    assert (answer.status_code, products(answer.json())) == (200, wanted)
    page = client.get(f"{FEED}?limit=2").json()
    rest = client.get(page["next"]).json()
    assert (products(page) + products(rest), rest["next"]) == (wanted, None)
    assert products(client.get(rest["previous"]).json()) == wanted[:2]
    assert products(client.get(f"{FEED}?sort=created_at").json()) == wanted[::-1]


def test_the_pages_together_are_all_news_of_all_sources_once(user: Any) -> None:
    """Also where a shop's and a brand's newest are the same, and a source's newest is not to be seen."""
    shops, brands = [SellerFactory() for _ in range(4)], [BrandFactory() for _ in range(3)]
    for number, shop in enumerate(shops[:3]):
        services.follow(user=user, seller=shop)
        services.follow(user=user, brand=brands[number])
    chosen = Random(7)
    for _ in range(24):
        publish(seller=chosen.choice(shops), brand=chosen.choice([*brands, None]))
    set_product_status(product=Post.objects.latest("pk").product, status="draft")
    followed = Q(seller__in=shops[:3]) | Q(brand__in=brands)
    seen = Post.objects.filter(followed, product__status="active").order_by("-created_at", "-id")

    for limit in (1, 2, 5):
        told: list[Post] = []
        while page := list(following(user, told, limit)):
            told += page
        assert told == list(seen)


def following(user: Any, told: list[Post], limit: int) -> Any:
    beyond = (told[-1].created_at, told[-1].pk) if told else ()
    page = Post.objects.followed(user.pk, limit=limit, beyond=beyond)
    return page.order_by("-created_at", "-id")


def test_what_the_rows_say(client: Any, user: Any) -> None:
    variant = VariantFactory(price_amount=2000, stock=0)
    services.follow(user=user, seller=variant.seller)
    reprice(variant, 2500)
    reprice(variant, 1500)
    adjust_stock(variant=variant, location=None, delta=3, reason="found", actor="user:1")
    services.post_announcement(seller=variant.seller, title="We move", body="On Monday.")

    announced, restocked, dropped = client.get(FEED).json()["results"]
    assert (announced["kind"], announced["title"], announced["body"]) == (
        "announcement.new",
        "We move",
        "On Monday.",
    )
    assert (announced["product"], announced["seller"]["id"]) == (None, str(variant.seller_id))
    assert (restocked["kind"], restocked["product"]["available"]) == ("product.restocked", True)
    assert (dropped["kind"], dropped["product"]["price"]["amount"]) == ("price.drop", 1500)
    assert dropped["data"]["previous_price"] == {"amount": 2500, "currency": "USD"}


def test_a_product_stands_there_once_a_day_for_each_kind() -> None:
    variant = VariantFactory(price_amount=2000)
    with time_machine.travel(timezone.now(), tick=False):  # no midnight in between
        for amount in (1900, 1800, 1950, 1700):
            reprice(variant, amount)

        post = Post.objects.get()
        assert (post.data["price"]["amount"], post.occasion) == (1700, f"{timezone.now():%Y-%m-%d}")


def test_a_draft_has_no_news() -> None:
    variant = VariantFactory(product=ProductFactory(status="draft"), price_amount=2000)
    reprice(variant, 1000)

    assert Post.objects.count() == 0


def test_publishing_costs_the_same_whoever_follows(django_assert_num_queries: Any) -> None:
    """An insert and a job, for nobody and for fifty."""
    shop = SellerFactory()
    first, second = (VariantFactory(product__seller=shop).product for _ in range(2))
    with django_assert_num_queries(4):
        services.post_news(product=first, kind=Post.Kind.NEW)
    for _ in range(50):
        services.follow(user=UserFactory(), seller=shop)
    with django_assert_num_queries(4):
        services.post_news(product=second, kind=Post.Kind.NEW)


def test_an_empty_feed(client: Any) -> None:
    publish()

    assert client.get(FEED).json() == {"results": [], "next": None, "previous": None}


def test_announcements(client: Any, user: Any, as_user: Any) -> None:
    shop = SellerFactory()
    owner, path = as_user(shop.user), "/api/v1/sellers/me/announcements"
    services.follow(user=user, seller=shop)

    row = owner.post(path, {"title": "Sale", "body": "<b>Everything</b> \u202emust go"}).json()
    assert row["body"] == "<b>Everything</b> must go"
    assert owner.get(path).json()["results"] == [row]
    assert [post["title"] for post in client.get(FEED).json()["results"]] == ["Sale"]

    for body in (
        {"title": "a", "body": "x" * 5001},
        {"title": "a\nb", "body": "x"},
        {"title": "\u200b", "body": "x"},
        {"title": "a"},
        {"title": 7, "body": "x"},
    ):
        assert owner.post(path, body).status_code == 400
    assert client.post(path, {"title": "a", "body": "b"}).status_code == 403
    assert as_user(SellerFactory().user).delete(f"{path}/{row['id']}").status_code == 404
    assert Post.objects.count() == 1
    assert owner.delete(f"{path}/{row['id']}").status_code == 204
    assert client.get(FEED).json()["results"] == []
