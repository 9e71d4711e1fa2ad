"""Actions on reviews: pictures, votes, reports, and decisions of staff."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from config.shared import pictures
from config.shared.errors import NotFound
from social.errors import OwnReview, TooManyPhotos
from social.models import Review, ReviewPhoto, ReviewReport, ReviewVote
from social.services.reviews import count, lock_review

MAX_PHOTOS = 6
SIZES = {"full": 1600, "thumbnail": 320}  # pixels of the longer side


def add_photo(*, review_id: int, upload: Any) -> ReviewPhoto:
    """Raises 400 for a file that is not a picture, TooManyPhotos. Decodes before it locks."""
    picture = pictures.decode(upload)
    names = pictures.store(picture, under="reviews", sizes=SIZES)
    try:
        return insert_photo(review_id, picture.size, names)
    except BaseException:
        pictures.remove_files(names.values())
        raise


@transaction.atomic
def insert_photo(review_id: int, size: tuple[int, int], names: dict[str, str]) -> ReviewPhoto:
    review = lock_review(review_id)
    if review.photos.count() >= MAX_PHOTOS:  # type: ignore[attr-defined]
        raise TooManyPhotos
    width, height = size
    files = {"image": names["full"], "thumbnail": names["thumbnail"]}
    return ReviewPhoto.objects.create(review=review, width=width, height=height, **files)


@transaction.atomic
def delete_photo(*, photo: ReviewPhoto) -> None:
    """The files are deleted after the transaction commits. Raises NotFound if another request deleted it first."""
    deleted, _ = ReviewPhoto.objects.filter(pk=photo.pk).delete()
    if not deleted:
        raise NotFound
    names = photo.files
    transaction.on_commit(lambda: pictures.remove_files(names), robust=True)


@transaction.atomic
def vote_helpful(*, review: Review, user: User) -> bool:
    """Returns whether the vote is new; concurrent requests create one. Raises OwnReview."""
    if review.user_id == user.pk:
        raise OwnReview
    _, is_new = ReviewVote.objects.get_or_create(review=review, user=user)
    change_votes(review.pk, int(is_new))
    return is_new


@transaction.atomic
def take_vote_back(*, review: Review, user: User) -> None:
    deleted, _ = ReviewVote.objects.filter(review=review, user=user).delete()
    change_votes(review.pk, -deleted)


def change_votes(review_id: int, by: int) -> None:
    if by:
        Review.objects.filter(pk=review_id).update(helpful_count=F("helpful_count") + by)


@transaction.atomic
def report_review(*, review: Review, user: User, reason: str = "") -> bool:
    """Returns whether the report is new. Raises OwnReview."""
    if review.user_id == user.pk:
        raise OwnReview
    _, is_new = ReviewReport.objects.get_or_create(review=review, user=user, defaults={"reason": reason})
    if is_new:
        Review.objects.filter(pk=review.pk).update(reports_count=F("reports_count") + 1)
    return is_new


@transaction.atomic
def hide_review(*, review_id: int) -> Review:
    """Only its author and staff still see it, and ratings exclude it. Settles its reports."""
    return decide(review_id, Review.Status.HIDDEN)


@transaction.atomic
def publish_review(*, review_id: int) -> Review:
    """Shows it again, or keeps it, and settles its reports."""
    return decide(review_id, Review.Status.PUBLISHED)


def decide(review_id: int, status: str) -> Review:
    review = lock_review(review_id)
    before = review.status
    review.status, review.reports_count = status, 0
    review.save(update_fields=["status", "reports_count"])
    ReviewReport.objects.filter(review=review, decided_at=None).update(decided_at=timezone.now())
    if status != before:
        sign = 1 if review.counts else -1
        count(review.product, points=sign * review.rating, reviews=sign)
    return review
