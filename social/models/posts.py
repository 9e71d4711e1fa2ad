from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.models import Seller
from catalog.models import Brand, Product, ProductImage
from config.shared.actor import Actor
from orders.models.amounts import one_of


class PostKind(models.TextChoices):
    NEW = "product.new"
    PRICE_DROP = "price.drop"
    RESTOCKED = "product.restocked"
    ANNOUNCEMENT = "announcement.new"


class Broadcast(models.Model):
    """The delivery of posts to followers, in batches by user id; users up to `told_up_to` are done."""

    seller = models.ForeignKey(Seller, models.CASCADE, related_name="+")
    told_up_to = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["seller", "id"], condition=Q(told_at=None), name="broadcast_open")]

    def __str__(self) -> str:
        return f"broadcast {self.pk} of {self.seller_id}"


# The next {limit} public posts of each source (a row of {sources}); `beyond` restricts them to those after the cursor.
NEXT = """
SELECT source.seller_id, source.brand_id, post.id, post.created_at FROM {sources} source
JOIN accounts_seller shop ON shop.id = source.seller_id AND shop.status = 'active'
CROSS JOIN LATERAL (
  SELECT post.id, post.created_at FROM social_post post
  LEFT JOIN catalog_product product ON product.id = post.product_id
  WHERE post.seller_id = source.seller_id AND (post.product_id IS NULL OR product.status = 'active') {beyond}
  ORDER BY post.created_at {way}, post.id {way} LIMIT {limit}) post
UNION ALL
SELECT source.seller_id, source.brand_id, post.id, post.created_at FROM {sources} source
CROSS JOIN LATERAL (
  SELECT post.id, post.created_at FROM social_post post
  JOIN catalog_product product ON product.id = post.product_id
  JOIN accounts_seller shop ON shop.id = post.seller_id
  WHERE post.brand_id = source.brand_id AND product.status = 'active' AND shop.status = 'active' {beyond}
  ORDER BY post.created_at {way}, post.id {way} LIMIT {limit}) post
"""
# The next posts overall come from the sources whose own next post comes first. A post has one shop and at most one
# brand, so twice as many sources as posts suffice; of all other sources only one post is read.
FEED = """
WITH follow AS MATERIALIZED (SELECT seller_id, brand_id FROM social_follow WHERE user_id = %s),
near AS MATERIALIZED (
  SELECT seller_id, brand_id FROM ({heads}) head ORDER BY created_at {way}, id {way} LIMIT {limit} * 2)
SELECT id FROM (SELECT DISTINCT id, created_at FROM ({posts}) post) found
ORDER BY created_at {way}, id {way} LIMIT {limit}
"""


class PostQuerySet(models.QuerySet):
    def followed(
        self, user_id: int, *, limit: int, beyond: Sequence[Any] = (), upwards: bool = False
    ) -> "PostQuerySet":
        """At most `limit` posts of the followed shops and brands: the newest, or those `beyond` (created_at, id).

        A post is stored once and merged on read, by an index: the next post of each source, then the next `limit` of the
        few sources whose posts can be on this page. The cost depends on how many sources the user follows, not on their
        number of followers or posts.
        """
        way, sign = ("ASC", ">") if upwards else ("DESC", "<")
        where = f"AND (post.created_at, post.id) {sign} (%s, %s)" if beyond else ""
        heads = NEXT.format(sources="follow", way=way, beyond=where, limit=1)
        posts = NEXT.format(sources="near", way=way, beyond=where, limit=int(limit))
        statement = FEED.format(way=way, limit=int(limit), heads=heads, posts=posts)
        values = [user_id, *beyond, *beyond, *beyond, *beyond]
        return self.filter(pk__in=RawSQL(statement, values))  # noqa: S611  (but for the limit no value is in the text)  # nosec B611

    def with_contents(self) -> "PostQuerySet":
        """The feed's contents in two statements: posts with their products, and the first picture of each. The product's
        shop is taken from the post, because planning another join costs more than the read."""
        first = ProductImage.objects.order_by("product_id", "position", "id").distinct("product_id")
        pictures = models.Prefetch("product__images", first, to_attr="first_images")
        refs = ("seller", "product__brand", "product__category")
        return self.select_related(*refs).prefetch_related(pictures)

    def visible_to(self, actor: Actor) -> "PostQuerySet":
        """A shop's own posts; for the feed see `followed`."""
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()


class Post(models.Model):
    """News of a shop, stored once for all followers. One per product, kind and day (`occasion`)."""

    Kind = PostKind

    seller = models.ForeignKey(Seller, models.CASCADE, related_name="posts")
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=30, choices=PostKind)
    occasion = models.CharField(max_length=10, blank=True)
    title = models.CharField(max_length=150, blank=True)
    body = models.TextField(max_length=5000, blank=True)
    data = models.JSONField(default=dict, blank=True)
    broadcast = models.ForeignKey(Broadcast, models.SET_NULL, null=True, blank=True, related_name="posts")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("post_kind", "kind", PostKind),
            models.UniqueConstraint(fields=["product", "kind", "occasion"], name="post_once"),
            models.CheckConstraint(
                condition=Q(kind="announcement.new", product=None) | Q(product__isnull=False),
                name="post_of_product",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "created_at", "id"], name="posts_of_seller"),
            models.Index(fields=["brand", "created_at", "id"], name="posts_of_brand"),
            models.Index(fields=["seller", "id"], condition=Q(broadcast=None), name="posts_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.title or self.product_id}"
