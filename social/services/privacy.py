"""What social knows of a person: told on request, and forgotten."""

from typing import Any

from django.db import transaction

from accounts.models import User
from social.models import Block, Follow, Notification, Review, SocialSettings
from social.services.follows import unfollow


def export_user(user: User) -> dict[str, Any]:
    return {
        "settings": rows(SocialSettings, user, "digest", "kinds", "public_name", "keeps_history"),
        "follows": rows(Follow, user, "seller_id", "brand_id", "created_at"),
        "blocked_by": rows(Block, user, "seller_id", "name", "created_at"),
        "notifications": rows(Notification, user, "kind", "data", "read_at", "mailed_at", "created_at"),
        "reviews": rows(Review, user, "product_id", "rating", "title", "body", "reply", "created_at"),
    }


def rows(model: Any, user: User, *columns: str) -> list[dict[str, Any]]:
    return list(model.objects.filter(user=user).order_by("pk").values("id", *columns))


@transaction.atomic
def erase_user(user: User) -> None:
    """Reviews stay for other buyers, without their author; all else goes."""
    for follow in Follow.objects.select_for_update().filter(user=user).order_by("seller_id", "brand_id"):
        unfollow(follow=follow)
    for model in (Notification, SocialSettings, Block):
        model.objects.filter(user=user).delete()
    Review.objects.filter(user=user).update(user=None)
