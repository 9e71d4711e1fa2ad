"""Delivers a shop's news to its followers: in a job, in batches, never in the request that made the news.

A batch is one transaction: its notifications, its events, and its progress. A killed job resumes after the last
committed batch, so every follower is notified once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Seller, User
from catalog.models import Product
from config.shared.actor import user_audience
from config.shared.events import log
from social.events import NotificationCreated, NotificationUpdated
from social.models import ALERTS, Broadcast, Kind, Notification, Post, settings_of
from social.services.notifications import addressees, announce, prepare
from social.services.wishes import alert_of_posts

BATCH = 500  # followers
AT_ONCE = 1000  # posts collected per run
MOST = 20  # of posts waiting at once (an import), so many are notified; the others appear in the feed only
MARGIN = timedelta(minutes=1)  # clocks differ
LISTED = 100  # products listed in a merged notification
FOLLOWERS = """
SELECT user_id, bool_or(by_shop), array_remove(array_agg(brand_id), NULL) FROM (
  (SELECT user_id, true AS by_shop, NULL::bigint AS brand_id FROM social_follow
   WHERE seller_id = %s AND user_id > %s ORDER BY user_id LIMIT %s)
  UNION ALL
  (SELECT follower.user_id, false, wanted.id FROM unnest(%s::bigint[]) AS wanted (id) CROSS JOIN LATERAL (
     SELECT user_id FROM social_follow WHERE brand_id = wanted.id AND user_id > %s ORDER BY user_id LIMIT %s) follower)
) AS found GROUP BY user_id ORDER BY user_id LIMIT %s
"""
MERGE = """
INSERT INTO social_notification AS told (user_id, kind, data, merge_key, is_listed, mail_due_at)
SELECT row.user_id, %s, row.data, row.merge_key, row.is_listed, row.mail_due_at
FROM unnest(%s::bigint[], %s::jsonb[], %s::text[], %s::bool[], %s::timestamptz[])
  AS row (user_id, data, merge_key, is_listed, mail_due_at)
ON CONFLICT (user_id, merge_key) WHERE read_at IS NULL AND NOT merge_key = '' DO UPDATE SET
  created_at = now(), data = EXCLUDED.data || jsonb_build_object('products', jsonb_path_query_array(
    EXCLUDED.data->'products' || (SELECT coalesce(jsonb_agg(old), '[]') FROM jsonb_array_elements(told.data->'products') old
      WHERE NOT EXCLUDED.data->'products' @> old), '$[0 to 99]'))
RETURNING id, user_id, data, (xmax = 0) AS is_new
"""


def tell_followers(*, seller_id: int, batches: int) -> bool:
    """Delivers the shop's news, at most `batches` batches; True if something is left to do."""
    waiting = list(Post.objects.filter(seller=seller_id, broadcast=None).order_by("pk")[:AT_ONCE])
    alert_of_posts(waiting)
    gather(seller_id, [post.pk for post in waiting])
    turns = iter(range(batches))
    unfinished = Broadcast.objects.filter(seller=seller_id, told_at=None).order_by("pk")
    return not all(tell_all(broadcast.pk, turns) for broadcast in unfinished)


def tell_all(broadcast_id: int, turns: Iterator[int]) -> bool:
    """Delivers one batch per turn; True when no followers are left, False when the turns run out first."""
    return any(not tell_batch(broadcast_id) for _ in turns)


@transaction.atomic
def gather(seller_id: int, waiting: Sequence[int]) -> None:
    """Assigns waiting posts to broadcasts: all price drops share one, every other post gets its own."""
    rows = Post.objects.select_for_update(skip_locked=True).filter(pk__in=waiting, broadcast=None)
    posts = list(rows.order_by("pk"))
    drops = [post for post in posts if post.kind == Kind.PRICE_DROP]
    others = [post for post in posts if post.kind != Kind.PRICE_DROP]
    begin(seller_id, others[:-MOST], told_at=timezone.now())
    for together in [drops, *([post] for post in others[-MOST:])]:
        begin(seller_id, together)


def begin(seller_id: int, posts: Sequence[Post], **columns: Any) -> None:
    if posts:
        broadcast = Broadcast.objects.create(seller_id=seller_id, **columns)
        Post.objects.filter(pk__in=[post.pk for post in posts]).update(broadcast=broadcast)


@transaction.atomic
def tell_batch(broadcast_id: int) -> bool:
    """Notifies the next followers in id order; False when none are left."""
    broadcast = Broadcast.objects.select_for_update().get(pk=broadcast_id)
    if broadcast.told_at is not None:
        return False
    posts = list(broadcast.posts.order_by("pk"))  # type: ignore[attr-defined]
    followers = next_followers(broadcast, posts)
    tell(posts, followers)
    broadcast.told_up_to = followers[-1][0] if followers else broadcast.told_up_to
    broadcast.told_at = None if len(followers) == BATCH else timezone.now()
    broadcast.save(update_fields=["told_up_to", "told_at"])
    return broadcast.told_at is None


def next_followers(broadcast: Broadcast, posts: Sequence[Post]) -> list[tuple[int, bool, list[int]]]:
    """User id, whether they follow the shop, and which of the posts' brands they follow."""
    brands, after = sorted({post.brand_id for post in posts if post.brand_id}), broadcast.told_up_to
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWERS, [broadcast.seller_id, after, BATCH, brands, after, BATCH, BATCH])
        return cursor.fetchall()


def tell(posts: Sequence[Post], followers: Sequence[tuple[int, bool, list[int]]]) -> None:
    """Notifies each follower of posts that are still public, except those that an alert has already reported to them."""
    posts = still_public(posts)
    users = addressees(user_id for user_id, *_ in followers)
    known = alerted(posts, users)
    told = [
        (
            user_id,
            [
                post
                for post in posts
                if (by_shop or post.brand_id in brands) and (user_id, post.product_id) not in known
            ],
        )
        for user_id, by_shop, brands in followers
        if user_id in users
    ]
    act = tell_merged if posts and posts[0].kind == Kind.PRICE_DROP else tell_each
    act([(users[user_id], several) for user_id, several in told if several])


def alerted(posts: Sequence[Post], users: Iterable[int]) -> set[tuple[int, int]]:
    """(user, product) pairs for which an alert has just been sent."""
    if not posts:
        return set()
    alerts = Notification.objects.filter(
        kind__in=ALERTS, data__product__in=[str(post.product_id) for post in posts]
    )
    recent = alerts.filter(user__in=users, created_at__gte=min(post.created_at for post in posts) - MARGIN)
    return {(user_id, int(product)) for user_id, product in recent.values_list("user_id", "data__product")}


def still_public(posts: Sequence[Post]) -> list[Post]:
    shops = set(
        Seller.objects.public().filter(pk__in={post.seller_id for post in posts}).values_list("pk", flat=True)
    )
    wanted = {post.product_id for post in posts if post.product_id}
    products = (
        set(Product.objects.public().filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    )
    return [post for post in posts if post.seller_id in shops and post.product_id in {None, *products}]


def tell_each(told: Sequence[tuple[User, Sequence[Post]]]) -> None:
    """One notification per post."""
    users = {user.pk: user for user, _ in told}
    new = [
        Notification(user=user, kind=post.kind, data=data_of(post), post=post)
        for user, posts in told
        for post in posts
    ]
    rows = Notification.objects.bulk_create(wanted_of(new, users))
    here = present(users)
    announce([row for row in rows if row.user_id in here], users)


def wanted_of(rows: Iterable[Notification], users: dict[int, User]) -> list[Notification]:
    return [row for row in rows if prepare(row, users[row.user_id])]  # type: ignore[index]


def data_of(post: Post) -> dict[str, str]:
    named = {"seller": str(post.seller_id), "post": str(post.pk)}
    return named | ({"product": str(post.product_id)} if post.product_id else {})


def tell_merged(told: Sequence[tuple[User, Sequence[Post]]]) -> None:
    """Merges into the unread notification of the same shop and day, or creates one; its mail waits briefly for more."""
    users = {user.pk: user for user, _ in told}
    rows = wanted_of([merged(user, posts) for user, posts in told], users)
    columns = zip(
        *[(r.user_id, orjson.dumps(r.data).decode(), r.merge_key, r.is_listed, r.mail_due_at) for r in rows],
        strict=True,
    )
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(MERGE, [Kind.PRICE_DROP, *map(list, columns)])
            announce_merged(cursor.fetchall(), users)


def merged(user: User, posts: Sequence[Post]) -> Notification:
    products = [str(post.product_id) for post in reversed(posts)][:LISTED]
    data = {"seller": str(posts[0].seller_id), "product": products[0], "products": products}
    key = f"{Kind.PRICE_DROP}:{posts[0].seller_id}:{timezone.now():%Y-%m-%d}"
    return Notification(user=user, kind=Kind.PRICE_DROP, data=data, merge_key=key)


def announce_merged(rows: Iterable[Any], users: dict[int, User]) -> None:
    here = present(users)
    events = []
    for pk, user_id, data, is_new in rows:
        user, event = users[user_id], NotificationCreated if is_new else NotificationUpdated
        user.unread += is_new and settings_of(user).wants(Kind.PRICE_DROP)["in_app"]  # type: ignore[attr-defined]
        if user_id in here and settings_of(user).wants(Kind.PRICE_DROP)["websocket"]:
            about = orjson.loads(data) if isinstance(data, str) else data
            frame = event(notification=str(pk), kind=Kind.PRICE_DROP.value, about=about, unread=user.unread)  # type: ignore[attr-defined]
            events.append((frame, [user_audience(user_id)]))
    log.append_all(events)


def present(users: Iterable[int]) -> set[int]:
    """Users who may have a socket open or may reconnect: those active within a day.

    All others find the notification in their list: a million frames that nobody reads would delay everybody else's.
    """
    since = timezone.now() - max(settings.JWT_EXPIRY, timedelta(days=1))
    here = {"sessions__last_used_at__gte": since, "sessions__revoked_at": None}
    by_session = User.objects.filter(pk__in=users, **here).values_list("pk", flat=True)
    by_key = User.objects.filter(pk__in=users, api_keys__last_used_at__gte=since).values_list("pk", flat=True)
    return set(by_session.union(by_key))
