"""What has outlived its use is removed once a night, in batches: a popular shop's news are millions of rows."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from social.models import Broadcast, Notification, Post

AT_ONCE = 5000


def prune_notifications() -> int:
    """But for those whose mail is still to go out."""
    limit = timezone.now() - settings.NOTIFICATION_RETENTION
    return remove(Notification.objects.filter(created_at__lt=limit, mail_due_at=None))


def prune_posts() -> int:
    """Those of new products stay, one a product: it is by them that a product which is hidden and shown again is not new."""
    limit = timezone.now() - settings.FEED_RETENTION
    old = Post.objects.filter(created_at__lt=limit).exclude(kind=Post.Kind.NEW)
    done = Broadcast.objects.filter(told_at__lt=limit, created_at__lt=limit)
    return remove(old) + remove(done)


def remove(rows: QuerySet) -> int:
    removed = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        removed += rows.model.objects.filter(pk__in=ids).delete()[1].get(rows.model._meta.label, 0)
    return removed
