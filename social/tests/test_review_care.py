"""What others do with a review, and what staff decide."""

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.services import erase_user
from accounts.tests.factories import AdminFactory, UserFactory
from catalog.models import Product
from catalog.tests.factories import VariantFactory
from catalog.tests.races import at_once
from social import services
from social.integrity import verify
from social.models import Notification, Review, ReviewPhoto, ReviewReport, ReviewVote
from social.services import review_care
from social.tests.factories import delivered


def photo() -> SimpleUploadedFile:
    buffer = BytesIO()
    Image.new("RGB", (20, 10), "red").save(buffer, "PNG")
    return SimpleUploadedFile("photo.png", buffer.getvalue())


def reviewed(rating: int = 5) -> Review:
    variant, buyer = VariantFactory(), UserFactory()
    delivered(buyer, variant)
    product = Product.objects.select_related("seller").get(pk=variant.product_id)
    return services.write_review(user=buyer, product=product, rating=rating)


@pytest.fixture
def review(db: None) -> Review:
    return reviewed()


def files() -> list[Path]:
    return list(Path(settings.MEDIA_ROOT).rglob("*.webp"))


def test_photos(
    review: Review, as_user: Any, api: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    path = f"/api/v1/reviews/{review.pk}/photos"
    client = as_user(review.user)
    row = client.post(path, {"image": photo()}, format="multipart").json()
    assert (row["width"], row["height"], len(files())) == (20, 10, 2)
    [shown] = api.get(f"/api/v1/products/{review.product_id}/reviews").json()["results"]
    assert shown["photos"] == [row]
    for who, status in (
        (api, 401),
        (as_user(UserFactory()), 403),
        (as_user(review.product.seller.user), 403),
    ):
        assert who.post(path, {"image": photo()}, format="multipart").status_code == status
    bad = SimpleUploadedFile("a.png", b"<svg/>")
    assert client.post(path, {"image": bad}, format="multipart").status_code == 400
    monkeypatch.setattr(review_care, "MAX_PHOTOS", 1)
    assert client.post(path, {"image": photo()}, format="multipart").json()["code"] == "too_many_photos"
    assert (ReviewPhoto.objects.count(), len(files())) == (1, 2)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(f"{path}/{row['id']}").status_code == 204
    assert (ReviewPhoto.objects.count(), files()) == (0, [])


def test_helpful(review: Review, as_user: Any) -> None:
    path = f"/api/v1/reviews/{review.pk}/helpful"
    client = as_user(UserFactory())
    first, again = client.post(path), client.post(path)
    assert (first.status_code, again.status_code, again.json()["helpful"]) == (201, 200, 1)
    own = as_user(review.user).post(path)
    assert (own.status_code, own.json()["code"]) == (403, "own_review")
    assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
    review.refresh_from_db()
    assert review.helpful_count == 0


def test_sorted_by_helpful(as_user: Any, api: Any, review: Review, django_assert_num_queries: Any) -> None:
    second = Review.objects.create(product=review.product, user=UserFactory(), rating=1)
    services.vote_helpful(review=review, user=UserFactory())
    path = f"/api/v1/products/{review.product_id}/reviews?sort=-helpful"
    with django_assert_num_queries(3):  # the product, the reviews with their authors, the photos
        rows = api.get(path).json()["results"]
    assert [row["id"] for row in rows] == [str(review.pk), str(second.pk)]


def test_reports_and_what_staff_decide(review: Review, as_user: Any, api: Any) -> None:
    user, admin = as_user(UserFactory()), as_user(AdminFactory())
    report, queue = f"/api/v1/reviews/{review.pk}/report", "/api/v1/admin/reviews?reported=true"
    listed = f"/api/v1/products/{review.product_id}/reviews"
    assert [user.post(report, {"reason": "Spam"}).status_code for _ in range(2)] == [201, 200]
    [row] = admin.get(queue).json()["results"]
    assert (row["id"], row["reports_count"], row["reports"]) == (str(review.pk), 1, ["Spam"])
    for client, status in ((api, 401), (user, 403), (as_user(review.product.seller.user), 403)):
        assert client.get(queue).status_code == status
        assert client.post(f"/api/v1/admin/reviews/{review.pk}/hide").status_code == status
    assert len(api.get(listed).json()["results"]) == 1

    for _ in range(2):
        assert admin.post(f"/api/v1/admin/reviews/{review.pk}/hide").json()["status"] == "hidden"
    assert (api.get(listed).json()["results"], admin.get(queue).json()["results"]) == ([], [])
    assert len(as_user(review.user).get(listed).json()["results"]) == 1
    product = Product.objects.get(pk=review.product_id)
    assert (product.rating_sum, product.rating_count) == (0, 0)
    as_user(review.user).patch(f"/api/v1/reviews/{review.pk}", {"rating": 1})
    assert list(verify()) == []
    admin.post(f"/api/v1/admin/reviews/{review.pk}/publish")
    product.refresh_from_db()
    assert (product.rating_sum, product.rating_count, list(verify())) == (1, 1, [])


def test_a_decision_settles_what_is_open_about_this_review(review: Review) -> None:
    others, early, late = reviewed(), UserFactory(), UserFactory()
    services.report_review(review=review, user=early)
    services.publish_review(review_id=review.pk)
    settled = ReviewReport.objects.get(user=early).decided_at
    for reported in (review, others):
        services.report_review(review=reported, user=late)
    services.hide_review(review_id=review.pk)

    assert settled == ReviewReport.objects.get(user=early).decided_at
    assert settled < ReviewReport.objects.get(user=late, review=review).decided_at
    assert ReviewReport.objects.get(review=others).decided_at is None
    others.refresh_from_db()
    assert (others.status, others.reports_count) == ("published", 1)


def test_staff_with_the_permission_decide(review: Review, as_user: Any) -> None:
    staff = UserFactory(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_review", "change_review"]))

    assert as_user(staff).post(f"/api/v1/admin/reviews/{review.pk}/hide").status_code == 200


def test_a_hidden_review_deleted_leaves_the_ratings_right(review: Review) -> None:
    services.hide_review(review_id=review.pk)
    services.delete_review(review_id=review.pk)

    assert list(verify()) == []


def test_the_author_is_told_of_the_first_reply_alone(review: Review) -> None:
    for body in ("Thank you.", "Thank you!"):
        services.reply_to_review(review_id=review.pk, body=body)

    [notice] = Notification.objects.filter(kind="review.reply")
    assert (notice.user_id, notice.data["review"]) == (review.user_id, str(review.pk))


def test_the_erased_take_their_votes_along(review: Review) -> None:
    voter = UserFactory()
    services.vote_helpful(review=review, user=voter)
    erase_user(user=voter)
    review.refresh_from_db()

    assert (review.helpful_count, list(verify())) == (0, [])


@pytest.mark.parametrize(
    ("title", "body"), [("x" * 151, ""), ("", "x" * 5001), ("a\nb", ""), (7, ""), ("", "x" * 1_000_000)]
)
def test_texts_have_limits(review: Review, as_user: Any, title: Any, body: str) -> None:
    answer = as_user(review.user).patch(f"/api/v1/reviews/{review.pk}", {"title": title, "body": body})

    review.refresh_from_db()
    assert (answer.status_code, review.title, review.body) == (400, "", "")


@pytest.mark.django_db(transaction=True)
def test_racing_votes_and_decisions_leave_exact_numbers() -> None:
    review, users = reviewed(), [UserFactory() for _ in range(3)]
    votes = [partial(services.vote_helpful, review=review, user=user) for user in users * 2]
    back = [partial(services.take_vote_back, review=review, user=users[0])] * 2
    decisions = [partial(act, review_id=review.pk) for act in (services.hide_review, services.publish_review)]
    at_once([*votes, *back, *decisions])

    review.refresh_from_db()
    assert review.helpful_count == ReviewVote.objects.count()
    assert list(verify()) == []
