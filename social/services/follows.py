from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import Seller, User
from accounts.services import change_followers
from catalog.models import Brand
from catalog.services import change_brand_followers
from config.shared.errors import NotFound, invalid
from config.shared.lookups import is_id
from orders.models import OrderPart
from social.errors import Blocked, OwnShop
from social.models import Block, Follow, Notification, Review, public_name
from social.services.notifications import notify


@transaction.atomic
def follow(*, user: User, seller: Seller | None = None, brand: Brand | None = None) -> tuple[Follow, bool]:
    """Returns the follow, and whether it is new; concurrent requests create one. Needs exactly one of seller and brand.

    Raises Blocked, OwnShop.
    """
    if seller is not None:
        if seller.user_id == user.pk:
            raise OwnShop
        check_not_blocked(user_id=user.pk, seller_id=seller.pk)
    row, is_new = Follow.objects.get_or_create(user=user, seller=seller, brand=brand)
    if is_new:
        count(row, by=1)
        if seller is not None:
            notify(kind=Notification.Kind.FOLLOWER_NEW, told=[(seller.user_id, {"seller": str(seller.pk)})])
    return row, is_new


@transaction.atomic
def unfollow(*, follow: Follow) -> None:
    """Raises NotFound if another request deleted it first."""
    if not remove(follow):
        raise NotFound


def remove(row: Follow) -> bool:
    """False if another request deleted it first; that request also adjusted the count."""
    deleted, _ = Follow.objects.filter(pk=row.pk).delete()
    if deleted:
        count(row, by=-1)
    return bool(deleted)


def count(row: Follow, *, by: int) -> None:
    """Adjusts the follower count of the shop or brand, in the same transaction as the row."""
    if row.seller_id is not None:
        change_followers(seller_id=row.seller_id, by=by)
    elif row.brand_id is not None:
        change_brand_followers(brand_id=row.brand_id, by=by)


# What a user did at a shop → the user: the shop knows its customers only by their actions.
DOERS: dict[str, Callable[[int], QuerySet]] = {
    "follower": lambda seller_id: Follow.objects.filter(seller=seller_id),
    "review": lambda seller_id: Review.objects.filter(product__seller=seller_id),
    "part": lambda seller_id: OrderPart.objects.filter(seller=seller_id),
}


def doer_of(act: str, named: str, *, seller_id: int) -> User:
    """The user who did `act` (a key of DOERS) at the shop; `named` is the id of its row. Raises 400."""
    path = "order__user" if act == "part" else "user"
    rows = DOERS[act](seller_id).filter(pk=named if is_id(named) else None)
    user = User.objects.filter(pk__in=rows.values(path)).first()
    if user is None:
        raise invalid(act, "There is no such customer here.", "does_not_exist")
    return user


@transaction.atomic
def block(*, seller: Seller, user: User) -> tuple[Block, bool]:
    """Removes the user's follow and stops them from writing to the shop. Repeating it changes nothing."""
    lock_pair(user_id=user.pk, seller_id=seller.pk)
    row, is_new = Block.objects.get_or_create(
        seller=seller, user=user, defaults={"name": public_name(user) or ""}
    )
    for followed in Follow.objects.filter(user=user, seller=seller):
        remove(followed)
    return row, is_new


def check_not_blocked(*, user_id: int, seller_id: int) -> None:
    """Raises Blocked. Needs a transaction; until it ends, the shop cannot block this user."""
    lock_pair(user_id=user_id, seller_id=seller_id)
    if Block.objects.filter(seller=seller_id, user=user_id).exists():
        raise Blocked


def lock_pair(*, user_id: int, seller_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [f"block {seller_id} {user_id}"]
        )
