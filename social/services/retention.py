"""Prunes old rows nightly, in batches: a popular shop's news are millions of rows."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from social.models import Broadcast, Notification, Post

AT_ONCE = 5000


def prune_notifications() -> int:
    """Keeps rows whose mail is still pending."""
    limit = timezone.now() - settings.NOTIFICATION_RETENTION
    return remove(Notification.objects.filter(created_at__lt=limit, mail_due_at=None))


def prune_posts() -> int:
    """Keeps the one post about each new product, so that a product hidden and shown again does not count as new."""
    limit = timezone.now() - settings.FEED_RETENTION
    old = Post.objects.filter(created_at__lt=limit).exclude(kind=Post.Kind.NEW)
    done = Broadcast.objects.filter(told_at__lt=limit, created_at__lt=limit)
    return remove(old) + remove(done)


def remove(rows: QuerySet) -> int:
    removed = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        removed += rows.model.objects.filter(pk__in=ids).delete()[1].get(rows.model._meta.label, 0)
    return removed
