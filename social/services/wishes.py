"""Wishlists, and alerts on products that a user waits for."""

import secrets
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import User
from catalog.models import Product, Variant
from config.shared.money import Money
from social.errors import AlreadyAvailable, ForeignCurrency, TooMany
from social.models import Kind, Post, Watch, Wishlist, WishlistItem
from social.services.notifications import notify
from social.signals import watch_due

MAX_LISTS, MAX_ITEMS, MAX_WATCHES = 50, 500, 500
AT_ONCE = 500  # watches
Event = Watch.Event


@transaction.atomic
def create_wishlist(*, user: User, name: str) -> Wishlist:
    """Raises TooMany."""
    lock_user(user)
    if user.wishlists.count() >= MAX_LISTS:  # type: ignore[attr-defined]
        raise TooMany
    return Wishlist.objects.create(user=user, name=name)


def lock_user(user: User) -> None:
    """Prevents concurrent requests from exceeding a limit. Needs a transaction."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def default_wishlist(user: User) -> Wishlist:
    row, _ = Wishlist.objects.get_or_create(user=user, is_default=True, defaults={"name": "Wishlist"})
    return row


@transaction.atomic
def add_wish(
    *, user: User, product: Product, variant: Variant | None = None, wishlist: Wishlist | None = None
) -> tuple[WishlistItem, bool]:
    """Adds to the list (default: the user's default list); returns the item, and whether it is new. Raises TooMany."""
    wishlist = wishlist or default_wishlist(user)
    Wishlist.objects.select_for_update(no_key=True).get(pk=wishlist.pk)
    if wishlist.items.count() >= MAX_ITEMS:  # type: ignore[attr-defined]
        raise TooMany
    return WishlistItem.objects.get_or_create(wishlist=wishlist, product=product, variant=variant)


def share_wishlist(*, wishlist: Wishlist) -> Wishlist:
    """Creates an unguessable link; an already shared list keeps its link."""
    unshared = Wishlist.objects.filter(pk=wishlist.pk, share_token=None)
    unshared.update(share_token=secrets.token_urlsafe(32))
    wishlist.refresh_from_db()
    return wishlist


def stop_sharing(*, wishlist: Wishlist) -> None:
    """The old link stops working; sharing again creates a new one."""
    Wishlist.objects.filter(pk=wishlist.pk).update(share_token=None)


# --- Alerts ----------------------------------------------------------------------------------------------------


@transaction.atomic
def watch_product(
    *,
    user: User,
    product: Product,
    variant: Variant | None = None,
    event: str = "",
    below: Money | None = None,
) -> tuple[list[Watch], bool]:
    """Returns the watches, and whether one is new. Without an event: price drop, and back in stock if sold out.

    Raises AlreadyAvailable, ForeignCurrency, TooMany. The job started here catches a change between reading the stock
    and the commit.
    """
    lock_user(user)
    if user.watches.count() >= MAX_WATCHES:  # type: ignore[attr-defined]
        raise TooMany
    goods: Any = variant or product
    price = below or goods.price
    if event == Event.BACK_IN_STOCK and goods.is_available:
        raise AlreadyAvailable
    if price.currency != goods.price.currency:
        raise ForeignCurrency
    events = [event] if event else [Event.PRICE_DROP, *([] if goods.is_available else [Event.BACK_IN_STOCK])]
    made = [wait(user, product, variant, one, price) for one in events]
    watch_due.send(sender=Watch, product_id=product.pk)
    return [row for row, _ in made], any(is_new for _, is_new in made)


def wait(
    user: User, product: Product, variant: Variant | None, event: str, price: Money
) -> tuple[Watch, bool]:
    wanted = {"price_amount": price.amount, "currency": price.currency} if event == Event.PRICE_DROP else {}
    return Watch.objects.update_or_create(
        user=user, product=product, variant=variant, event=event, defaults=wanted
    )


@transaction.atomic
def stop_watching(*, user: User, product: Product) -> int:
    return Watch.objects.filter(user=user, product=product).delete()[0]


def alert_watchers(*, product_id: int) -> int:
    """Alerts users whose watch is fulfilled and deletes it, so each is alerted once. Returns how many."""
    told = 0
    while batch := alert_some(product_id):
        told += batch
    return told


@transaction.atomic
def alert_some(product_id: int) -> int:
    """The transaction that deletes a watch alerts its user; row locks decide which one that is."""
    due = fulfilled(product_id).select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    watches = list(due[:AT_ONCE])
    spent = Watch.objects.filter(pk__in=[watch.pk for watch in watches])
    spent.delete()
    for event, kind in ((Event.BACK_IN_STOCK, Kind.ALERT_BACK), (Event.PRICE_DROP, Kind.ALERT_PRICE)):
        told = [(watch.user_id, data_of(watch)) for watch in watches if watch.event == event]
        if told:
            notify(kind=kind, told=told)
    return len(watches)


def fulfilled(product_id: int) -> QuerySet[Watch]:
    """Judged by the current state, not by the reported event."""
    public = Watch.objects.filter(product=product_id, product__in=Product.objects.public())
    back = Q(variant=None, product__is_available=True) | Q(variant__is_available=True)
    cheaper = Q(variant=None, product__price_amount__lt=F("price_amount"), product__currency=F("currency"))
    cheaper |= Q(variant__current_amount__lt=F("price_amount"), variant__currency=F("currency"))
    return public.filter(Q(back, event=Event.BACK_IN_STOCK) | Q(cheaper, event=Event.PRICE_DROP))


def data_of(watch: Watch) -> dict[str, str]:
    named = {"product": str(watch.product_id)}
    return named | ({"variant": str(watch.variant_id)} if watch.variant_id else {})


def alert_of_posts(posts: list[Post]) -> None:
    """Runs before followers are notified, so that a user who waited gets the alert and not the news as well."""
    for post in posts:
        if post.product_id and post.kind in {Post.Kind.PRICE_DROP, Post.Kind.RESTOCKED}:
            alert_watchers(product_id=post.product_id)
