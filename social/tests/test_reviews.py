from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.tests.factories import ProductFactory, VariantFactory
from payments.tests.factories import place
from social import services
from social.integrity import verify
from social.models import Notification, Review
from social.tests.factories import ReviewFactory, delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant() -> Any:
    return VariantFactory()


@pytest.fixture
def buyer(variant: Any) -> Any:
    """Has received the product."""
    user = UserFactory(name="Ada King Lovelace")
    delivered(user, variant)
    return user


@pytest.fixture
def path(variant: Any) -> str:
    return f"/api/v1/products/{variant.product_id}/reviews"


def ratings(variant: Any) -> tuple[int, int, int, int]:
    product = type(variant.product).objects.select_related("seller").get(pk=variant.product_id)
    return product.rating_sum, product.rating_count, product.seller.rating_sum, product.seller.rating_count


def test_a_buyer_reviews_once(as_user: Any, api: Any, buyer: Any, variant: Any, path: str) -> None:
    client = as_user(buyer)
    answer = client.post(path, {"rating": 4, "title": "Good", "body": "Boils fast."})

    assert answer.status_code == 201
    review = answer.json()
    expected = {"rating": 4, "title": "Good", "body": "Boils fast.", "author": "Ada L.", "reply": None}
    assert review.items() >= (expected | {"product": str(variant.product_id)}).items()
    assert ratings(variant) == (4, 1, 4, 1)
    notice = Notification.objects.get(kind="review.new")
    assert notice.user == variant.seller.user
    assert notice.data == {"review": review["id"], "product": str(variant.product_id), "rating": "4"}

    second = client.post(path, {"rating": 1})
    assert (second.status_code, second.json()["code"]) == (409, "already_reviewed")
    assert ratings(variant) == (4, 1, 4, 1)
    assert api.get(path).json()["results"] == [review]
    assert list(verify()) == []


def test_sellers_do_not_review_what_they_sell(as_user: Any, variant: Any, path: str) -> None:
    """Not even what they bought of themselves."""
    delivered(variant.seller.user, variant)

    answer = as_user(variant.seller.user).post(path, {"rating": 5})

    assert (answer.status_code, answer.json()["code"]) == (403, "own_shop")
    assert (Review.objects.count(), ratings(variant)) == (0, (0, 0, 0, 0))


def test_who_has_not_received_it_may_not(as_user: Any, api: Any, variant: Any, path: str) -> None:
    customer = UserFactory()
    place(customer, variant)

    answer = as_user(customer).post(path, {"rating": 5})

    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_buyer")
    assert api.post(path, {"rating": 5}).status_code == 401
    assert (Review.objects.count(), ratings(variant)) == (0, (0, 0, 0, 0))


@pytest.mark.parametrize("rating", [0, 6, "5", 4.0, True, None])
def test_a_rating_is_1_to_5(as_user: Any, buyer: Any, path: str, rating: Any) -> None:
    answer = as_user(buyer).post(path, {"rating": rating})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/rating"
    assert Review.objects.count() == 0


def test_changing_and_deleting_keep_the_ratings_exact(
    as_user: Any, buyer: Any, variant: Any, path: str
) -> None:
    client = as_user(buyer)
    review = client.post(path, {"rating": 4, "title": "Good"}).json()

    changed = client.patch(f"/api/v1/reviews/{review['id']}", {"rating": 2})
    assert (changed.status_code, changed.json()["rating"], changed.json()["title"]) == (200, 2, "Good")
    assert ratings(variant) == (2, 1, 2, 1)

    assert client.delete(f"/api/v1/reviews/{review['id']}").status_code == 204
    assert ratings(variant) == (0, 0, 0, 0)
    assert client.delete(f"/api/v1/reviews/{review['id']}").status_code == 404


def test_only_its_author_and_an_admin_touch_a_review(
    as_user: Any, api: Any, buyer: Any, variant: Any
) -> None:
    review = services.write_review(user=buyer, product=variant.product, rating=5)
    path = f"/api/v1/reviews/{review.pk}"

    for client, status in ((api, 401), (as_user(UserFactory()), 403), (as_user(variant.seller.user), 403)):
        assert client.patch(path, {"rating": 1}).status_code == status
        assert client.delete(path).status_code == status
    assert ratings(variant) == (5, 1, 5, 1)
    assert as_user(AdminFactory()).delete(path).status_code == 204


def test_the_seller_replies(
    as_user: Any, api: Any, buyer: Any, variant: Any, django_assert_num_queries: Any
) -> None:
    review = services.write_review(user=buyer, product=variant.product, rating=2)
    path = f"/api/v1/reviews/{review.pk}/reply"

    for client, status in ((api, 401), (as_user(buyer), 403), (as_user(SellerFactory().user), 403)):
        assert client.post(path, {"body": "No."}).status_code == status
    review.refresh_from_db()
    assert review.reply == ""

    seller = as_user(variant.seller.user)
    for text in ("Sorry.", "Sorry, we have sent another."):
        answer = seller.post(path, {"body": text})
        assert (answer.status_code, answer.json()["reply"]["body"]) == (200, text)
    assert seller.post(path, {"body": ""}).status_code == 400
    with django_assert_num_queries(4):  # two of them the transaction's
        services.reply_to_review(review_id=review.pk, body="Sorry again.")
    assert Notification.objects.get(kind="review.reply").user == buyer


def test_reviews_of_what_is_not_public_are_not_there(api: Any, as_user: Any) -> None:
    hidden = ProductFactory(status="draft")
    review = ReviewFactory(product=hidden)

    assert api.get(f"/api/v1/products/{hidden.pk}/reviews").status_code == 404
    assert as_user(UserFactory()).delete(f"/api/v1/reviews/{review.pk}").status_code == 404
    assert (
        as_user(hidden.seller.user).post(f"/api/v1/reviews/{review.pk}/reply", {"body": "Hm."}).status_code
        == 200
    )


def test_the_list(api: Any, django_assert_num_queries: Any) -> None:
    product = ProductFactory()
    reviews = [ReviewFactory(product=product, rating=rating) for rating in (1, 5, 3)]
    ReviewFactory(product=ProductFactory())

    def ids(query: str = "") -> list[str]:
        return [
            row["id"] for row in api.get(f"/api/v1/products/{product.slug}/reviews{query}").json()["results"]
        ]

    assert ids() == [str(review.pk) for review in reversed(reviews)]
    assert ids("?sort=-rating") == [str(reviews[index].pk) for index in (1, 2, 0)]
    assert ids("?rating=3") == [str(reviews[2].pk)]
    assert api.get(f"/api/v1/products/{product.pk}/reviews?stars=3").status_code == 400
    with django_assert_num_queries(3):
        ids()


def test_a_user_has_one_review_of_a_product() -> None:
    review = ReviewFactory(product=ProductFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewFactory(product=review.product, user=review.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewFactory(product=review.product, rating=6)
