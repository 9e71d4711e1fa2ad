"""What staff do in the admin site goes the services' way, and needs the permission."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Seller
from accounts.tests.factories import UserFactory
from catalog.models import Product
from catalog.tests.factories import VariantFactory
from social.models import Question, Review
from social.tests.factories import ReviewFactory

pytestmark = pytest.mark.django_db


def staff(client: Any, *permissions: str) -> Any:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def act(client: Any, model: str, action: str, row: Any) -> int:
    body = {"action": action, "_selected_action": [row.pk]}
    return client.post(f"/admin/social/{model}/", body).status_code


def review_of(**values: Any) -> Review:
    return ReviewFactory(product=VariantFactory().product, user=UserFactory(), **values)


def rating_of(review: Review) -> tuple[int, int]:
    return Product.objects.values_list("rating_count", "rating_sum").get(pk=review.product_id)


def test_reviews_are_hidden_and_shown_with_their_ratings(client: Any) -> None:
    review = review_of(rating=4)
    for rated in (Product.objects, Seller.objects):
        rated.update(rating_count=1, rating_sum=4)
    moderator = staff(client, "view_review", "change_review")

    for action, status, rating in (("hide", "hidden", (0, 0)), ("publish", "published", (1, 4))):
        assert act(moderator, "review", action, review) == 302
        review.refresh_from_db()
        assert (review.status, rating_of(review)) == (status, rating)


def test_questions_are_hidden_from_all_but_their_authors(client: Any, api: Any, as_user: Any) -> None:
    review = review_of()
    question = Question.objects.create(product=review.product, user=review.user, body="Is it blue?")
    listed = f"/api/v1/products/{review.product_id}/questions"
    moderator = staff(client, "view_question", "change_question")

    assert act(moderator, "question", "hide", question) == 302
    seen = [who.get(listed).json()["results"] for who in (api, as_user(UserFactory()), as_user(review.user))]
    assert [len(rows) for rows in seen] == [0, 0, 1]
    assert act(moderator, "question", "show", question) == 302
    assert len(api.get(listed).json()["results"]) == 1


def test_who_may_only_look_changes_nothing(client: Any) -> None:
    review = review_of()
    question = Question.objects.create(product=review.product, user=review.user, body="Is it blue?")
    looker = staff(client, "view_review", "view_question")

    act(looker, "review", "hide", review)
    act(looker, "question", "hide", question)
    for row in (review, question):
        row.refresh_from_db()
    assert (review.status, question.is_hidden) == ("published", False)
    assert looker.post(f"/admin/social/review/{review.pk}/delete/", {"post": "yes"}).status_code == 403
