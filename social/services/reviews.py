from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import change_seller_rating
from catalog.models import Product
from catalog.services import change_product_rating
from config.shared.errors import NotFound
from config.shared.pictures import remove_files
from orders.services import has_received
from social.errors import NotABuyer, OwnShop
from social.models import Notification, Review
from social.services.follows import check_not_blocked
from social.services.notifications import notify


@transaction.atomic
def write_review(*, user: User, product: Product, rating: int, title: str = "", body: str = "") -> Review:
    """A buyer's single review of a product; its own seller may not write one.

    Raises OwnShop, NotABuyer; IntegrityError (409 `already_reviewed`) for a second.
    """
    if product.seller.user_id == user.pk:
        raise OwnShop
    if not has_received(user_id=user.pk, product_id=product.pk):
        raise NotABuyer
    check_not_blocked(user_id=user.pk, seller_id=product.seller_id)
    review = Review.objects.create(user=user, product=product, rating=rating, title=title, body=body)
    count(product, points=rating, reviews=1)
    data = {"review": str(review.pk), "product": str(product.pk), "rating": str(rating)}
    notify(kind=Notification.Kind.REVIEW_NEW, told=[(product.seller.user_id, data)])
    return review


@transaction.atomic
def change_review(*, review_id: int, **changes: Any) -> Review:
    """Changes `rating`, `title`, `body`, as given. Raises NotFound."""
    review = lock_review(review_id)
    before = review.rating
    for name, value in changes.items():
        setattr(review, name, value)
    review.save()
    if review.counts:
        count(review.product, points=review.rating - before, reviews=0)
    return review


@transaction.atomic
def delete_review(*, review_id: int) -> None:
    """Raises NotFound."""
    review = lock_review(review_id)
    product, rating, counted = review.product, review.rating, review.counts
    photos = list(review.photos.all())  # type: ignore[attr-defined]
    review.delete()
    if counted:
        count(product, points=-rating, reviews=-1)
    names = [name for photo in photos for name in photo.files]
    transaction.on_commit(lambda: remove_files(names), robust=True)


@transaction.atomic
def reply_to_review(*, review_id: int, body: str) -> Review:
    """The seller's reply; a second one replaces it. Raises NotFound."""
    review = lock_review(review_id)
    is_first = review.replied_at is None
    review.reply, review.replied_at = body, timezone.now()
    review.save(update_fields=["reply", "replied_at"])
    if is_first and review.user_id is not None:
        product = review.product
        data = {"review": str(review.pk), "product": str(product.pk), "seller": str(product.seller_id)}
        notify(kind=Notification.Kind.REVIEW_REPLY, told=[(review.user_id, data)])
    return review


def lock_review(review_id: int) -> Review:
    rows = Review.objects.select_for_update(of=("self",)).select_related("product", "user")
    review = rows.filter(pk=review_id).first()
    if review is None:
        raise NotFound
    return review


def count(product: Product, *, points: int, reviews: int) -> None:
    """Adjusts the ratings of product and shop in the same transaction as the review; locks the product first."""
    if points or reviews:
        change_product_rating(product_id=product.pk, points=points, reviews=reviews)
        change_seller_rating(seller_id=product.seller_id, points=points, reviews=reviews)
