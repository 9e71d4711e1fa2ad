"""A person's data in social: export on request, and erasure."""

from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import User
from config.shared.pictures import remove_files
from social.models import (
    Answer,
    Attachment,
    Block,
    Follow,
    Message,
    Notification,
    Question,
    RecentView,
    Review,
    ReviewPhoto,
    ReviewReport,
    ReviewVote,
    SocialSettings,
    Watch,
    Wishlist,
    WishlistItem,
)
from social.services.follows import unfollow

# Name in the export → model and exported columns.
TOLD: dict[str, tuple[Any, str]] = {
    "settings": (SocialSettings, "digest kinds public_name keeps_history"),
    "follows": (Follow, "seller_id brand_id created_at"),
    "blocked_by": (Block, "seller_id name created_at"),
    "notifications": (Notification, "kind data read_at mailed_at created_at"),
    "reviews": (Review, "product_id rating title body reply status created_at"),
    "review_votes": (ReviewVote, "review_id"),
    "review_reports": (ReviewReport, "review_id reason created_at"),
    "wishlists": (Wishlist, "name is_default created_at"),
    "watches": (Watch, "product_id variant_id event price_amount currency created_at"),
    "recently_viewed": (RecentView, "product_id viewed_at"),
    "questions": (Question, "product_id body created_at"),
    "answers": (Answer, "question_id body created_at"),
    "messages": (Message, "part_id side body read_at created_at"),
}
GONE = (Notification, SocialSettings, Block, ReviewReport, Wishlist, Watch, RecentView)


def export_user(user: User) -> dict[str, Any]:
    told = {name: rows(model.objects.filter(user=user), columns) for name, (model, columns) in TOLD.items()}
    wishes = WishlistItem.objects.filter(wishlist__user=user)
    return told | {"wishes": rows(wishes, "wishlist_id product_id variant_id created_at")}


def rows(found: Any, columns: str) -> list[dict[str, Any]]:
    return list(found.order_by("pk").values("id", *columns.split()))


@transaction.atomic
def erase_user(user: User) -> None:
    """Reviews, questions and answers stay without their author; everything else is deleted."""
    for follow in Follow.objects.select_for_update().filter(user=user).order_by("seller_id", "brand_id"):
        unfollow(follow=follow)
    for model in GONE:
        model.objects.filter(user=user).delete()  # type: ignore[attr-defined]
    take_votes_back(user)
    forget_words(user)
    for authored in (Review, Question, Answer):
        authored.objects.filter(user=user).update(user=None)  # type: ignore[attr-defined]


def take_votes_back(user: User) -> None:
    voted = list(ReviewVote.objects.filter(user=user).values_list("review", flat=True))
    ReviewVote.objects.filter(user=user).delete()
    Review.objects.filter(pk__in=voted).update(helpful_count=F("helpful_count") - 1)


def forget_words(user: User) -> None:
    """Messages keep their place in the thread and lose their text; pictures are deleted, as they may show a person."""
    photos = list(ReviewPhoto.objects.filter(review__user=user))
    names = [name for photo in photos for name in photo.files]
    ReviewPhoto.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
    Attachment.objects.filter(message__user=user).delete()
    Message.objects.filter(user=user).update(user=None, body="")
    transaction.on_commit(lambda: remove_files(names), robust=True)
