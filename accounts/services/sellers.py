"""Shops: applications, decisions, and the counters that upper domains keep on them."""

from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal

from accounts.errors import AlreadyApplied, UserInactive
from accounts.models import Seller, User
from accounts.models.security import Kind
from accounts.services.sessions import close_sockets
from accounts.services.trail import record
from accounts.signals import seller_approved, seller_rejected, seller_suspended
from accounts.slugs import unique_slug
from config.shared.actor import CUSTOMER, SELLER
from config.shared.errors import InvalidTransition, NotFound
from config.shared.events.control import FORBIDDEN

ANNOUNCED: dict[str, tuple[Signal, Kind]] = {
    Seller.Status.ACTIVE: (seller_approved, Kind.SELLER_APPROVED),
    Seller.Status.REJECTED: (seller_rejected, Kind.SELLER_REJECTED),
    Seller.Status.SUSPENDED: (seller_suspended, Kind.SELLER_SUSPENDED),
}


@transaction.atomic
def apply_as_seller(*, user: User, name: str, description: str = "") -> Seller:
    """Makes an application, `pending`; reopens one that was rejected. Raises AlreadyApplied."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    shop = Seller.objects.select_for_update().filter(user=user).first()
    if shop is None:
        return Seller.objects.create(
            user=user, name=name, description=description, slug=unique_slug(Seller, name)
        )
    if shop.status != Seller.Status.REJECTED:
        raise AlreadyApplied
    shop.name, shop.description, shop.status = name, description, Seller.Status.PENDING
    shop.version += 1
    shop.save(update_fields=["name", "description", "status", "version"])
    return shop


@transaction.atomic
def approve_seller(*, seller_id: int, by: User | None = None) -> Seller:
    """Opens a shop, for the first time or again; its owner becomes a seller. Raises InvalidTransition, UserInactive."""
    user = owner_of(seller_id)
    if not user.is_active:
        raise UserInactive
    if user.role == CUSTOMER:
        user.set_role(SELLER)
        user.save(update_fields=["role", "is_staff", "is_superuser"])
        close_sockets(user, "role_changed")
    return decide(seller_id, Seller.Status.ACTIVE, by)


@transaction.atomic
def reject_seller(*, seller_id: int, by: User | None = None) -> Seller:
    """Turns an application down. Raises InvalidTransition."""
    owner_of(seller_id)
    return decide(seller_id, Seller.Status.REJECTED, by)


@transaction.atomic
def suspend_seller(*, seller_id: int, by: User | None = None) -> Seller:
    """Closes an open shop. Raises InvalidTransition."""
    close_sockets(owner_of(seller_id), "shop_suspended", close_code=FORBIDDEN)
    return decide(seller_id, Seller.Status.SUSPENDED, by)


@transaction.atomic
def set_commission_rate(*, seller_id: int, rate: Decimal, by: User | None = None) -> Seller:
    """Sets the rate for future sales: existing orders keep theirs."""
    seller = Seller.objects.select_for_update(of=("self",)).select_related("user").get(pk=seller_id)
    before, seller.commission_rate = seller.commission_rate, rate
    seller.save(update_fields=["commission_rate"])
    if rate != before:
        record(Kind.COMMISSION_CHANGED, user=seller.user, by=by, before=str(before), after=str(rate))
    return seller


def owner_of(seller_id: int) -> User:
    """The shop's user, locked, since users precede shops in the lock order. Needs a transaction."""
    user = User.objects.select_for_update(no_key=True, of=("self",)).filter(seller=seller_id).first()
    if user is None:
        raise NotFound
    return user


def decide(seller_id: int, status: Seller.Status, by: User | None) -> Seller:
    """Needs the owner's lock."""
    seller = Seller.objects.select_for_update(of=("self",)).select_related("user").get(pk=seller_id)
    if seller.status not in Seller.DECISIONS[status]:
        raise InvalidTransition(status=seller.status, allowed=seller.possible_decisions)
    seller.status = status
    seller.save(update_fields=["status"])
    announce, kind = ANNOUNCED[status]
    record(kind, user=seller.user, by=by)
    announce.send(sender=Seller, seller=seller)
    return seller


def change_product_count(*, seller_id: int, by: int) -> None:
    """Adds to the number of the shop's public products."""
    Seller.objects.filter(pk=seller_id).update(product_count=F("product_count") + by)


def change_followers(*, seller_id: int, by: int) -> None:
    Seller.objects.filter(pk=seller_id).update(followers_count=F("followers_count") + by)


def change_seller_rating(*, seller_id: int, points: int, reviews: int) -> None:
    """Adds (or with negative numbers subtracts) stars and the number of reviews that gave them."""
    counts = {"rating_sum": F("rating_sum") + points, "rating_count": F("rating_count") + reviews}
    Seller.objects.filter(pk=seller_id).update(**counts)
