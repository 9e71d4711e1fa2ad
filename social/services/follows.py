from django.db import transaction

from accounts.models import Seller, User
from accounts.services import change_followers
from catalog.models import Brand
from catalog.services import change_brand_followers
from config.shared.errors import NotFound
from social.models import Follow, Notification
from social.services.notifications import notify


@transaction.atomic
def follow(*, user: User, seller: Seller | None = None, brand: Brand | None = None) -> tuple[Follow, bool]:
    """The follow, and whether it is new; of several requests at once one is. Needs exactly one to follow."""
    row, is_new = Follow.objects.get_or_create(user=user, seller=seller, brand=brand)
    if is_new:
        count(row, by=1)
        if seller is not None:
            notify(kind=Notification.Kind.FOLLOWER_NEW, told=[(seller.user_id, {"seller": str(seller.pk)})])
    return row, is_new


@transaction.atomic
def unfollow(*, follow: Follow) -> None:
    """Raises NotFound when another request was first."""
    deleted, _ = Follow.objects.filter(pk=follow.pk).delete()
    if not deleted:
        raise NotFound
    count(follow, by=-1)


def count(row: Follow, *, by: int) -> None:
    """Keeps the followed one's number of followers exact; in the transaction of the row."""
    if row.seller_id is not None:
        change_followers(seller_id=row.seller_id, by=by)
    elif row.brand_id is not None:
        change_brand_followers(brand_id=row.brand_id, by=by)
