"""News of shops, stored once for all followers."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Seller
from catalog.models import Product
from config.shared.errors import NotFound
from social.models import Post
from social.signals import news_posted


def post_news(*, product: Product, kind: str, data: dict[str, Any] | None = None) -> None:
    """Posts news of one product; see `post_all_news`."""
    post_all_news(kind=kind, news=[(product, data or {})])


@transaction.atomic
def post_all_news(*, kind: str, news: Sequence[tuple[Product, dict[str, Any]]]) -> None:
    """Posts news of products: one statement for any number of followers. Needs the products locked.

    A product is new once; it gets one price drop and one restock per day, and later ones replace that row.
    """
    posts = {product.pk: post_of(product, kind, data) for product, data in news}
    again = ["data", "created_at", "broadcast"] if kind == Post.Kind.PRICE_DROP else ["data"]
    Post.objects.bulk_create(
        posts.values(),
        update_conflicts=True,
        update_fields=again,
        unique_fields=["product", "kind", "occasion"],
    )
    for seller_id in sorted({post.seller_id for post in posts.values()}):
        news_posted.send(sender=Post, seller_id=seller_id)


def post_of(product: Product, kind: str, data: dict[str, Any]) -> Post:
    return Post(
        seller_id=product.seller_id,
        brand_id=product.brand_id,
        product=product,
        kind=kind,
        occasion="" if kind == Post.Kind.NEW else f"{timezone.now():%Y-%m-%d}",
        data=data,
        created_at=timezone.now(),
    )


@transaction.atomic
def post_announcement(*, seller: Seller, title: str, body: str) -> Post:
    """A shop's own message to its followers."""
    values = {"title": title, "body": body, "created_at": timezone.now()}
    post = Post.objects.create(seller=seller, kind=Post.Kind.ANNOUNCEMENT, **values)
    news_posted.send(sender=Post, seller_id=seller.pk)
    return post


@transaction.atomic
def delete_announcement(*, post: Post) -> None:
    """Removes it from feeds and lists; a mail already sent cannot be recalled. Raises NotFound."""
    deleted, _ = Post.objects.filter(pk=post.pk, kind=Post.Kind.ANNOUNCEMENT).delete()
    if not deleted:
        raise NotFound
