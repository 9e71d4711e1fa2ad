"""What social knows of a person: told on request, and forgotten."""

from typing import Any

from django.db import transaction

from accounts.models import User
from social.models import Follow, Notification, Review
from social.services.follows import unfollow


def export_user(user: User) -> dict[str, Any]:
    return {
        "follows": list(rows(Follow, user, "seller_id", "brand_id", "created_at")),
        "notifications": list(rows(Notification, user, "kind", "data", "read_at", "created_at")),
        "reviews": list(rows(Review, user, "product_id", "rating", "title", "body", "reply", "created_at")),
    }


def rows(model: Any, user: User, *columns: str) -> Any:
    return model.objects.filter(user=user).order_by("pk").values("id", *columns)


@transaction.atomic
def erase_user(user: User) -> None:
    """Reviews stay for other buyers, without their author; all else goes."""
    for follow in Follow.objects.select_for_update().filter(user=user).order_by("seller_id", "brand_id"):
        unfollow(follow=follow)
    Notification.objects.filter(user=user).delete()
    Review.objects.filter(user=user).update(user=None)
