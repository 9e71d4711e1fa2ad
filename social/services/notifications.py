from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.shared.actor import user_audience
from config.shared.events import log
from social.events import NotificationCreated
from social.models import Notification

Told = tuple[int, dict[str, str]]  # user id, data


@transaction.atomic
def notify(*, kind: str, told: Iterable[Told]) -> list[Notification]:
    """Tells each user, in the list and on the event log; two statements however many."""
    rows = Notification.objects.bulk_create(
        Notification(user_id=user_id, kind=kind, data=data) for user_id, data in told
    )
    log.append_all((announced(row), [user_audience(row.user_id)]) for row in rows)
    return rows


def announced(row: Notification) -> NotificationCreated:
    return NotificationCreated(notification=str(row.pk), kind=str(row.kind), about=row.data)


@transaction.atomic
def read_notification(*, notification: Notification) -> Notification:
    """Marks it read; the first time counts."""
    Notification.objects.unread().filter(pk=notification.pk).update(read_at=timezone.now())
    notification.refresh_from_db()
    return notification


@transaction.atomic
def read_all(*, user: User) -> int:
    """Marks all of a user's notifications read; returns how many were not."""
    return Notification.objects.unread().filter(user=user).update(read_at=timezone.now())
