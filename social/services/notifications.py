from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from config.shared.actor import user_audience
from config.shared.events import log
from config.shared.postgres import writes
from config.shared.postgres.compiled import Blank, Compiled
from social.events import NotificationCreated, NotificationsRead
from social.models import MAY_SETTLE, OF_FOLLOWED, Notification, SocialSettings, settings_of

Told = tuple[int, dict[str, Any]]  # (user id, or order id of a guest), data
HOUR = 8  # UTC hour of digests
MONDAY = 0


@transaction.atomic(savepoint=False)
def notify(
    *,
    kind: str,
    told: Iterable[Told],
    guests: Iterable[Told] = (),
    without_mail: Iterable[int] = (),
    **columns: Any,
) -> list[Notification]:
    """Notifies each user through their channels and each guest by mail; three statements for any number.

    `columns` are further columns of the rows. A job sends the mails when due; users in `without_mail` get none.
    """
    told = list(told)
    users = addressees(user_id for user_id, _ in told)
    pairs = [(Notification(user_id=pk, kind=kind, data=data, **columns), users.get(pk)) for pk, data in told]
    rows = [row for row, user in pairs if user is not None and prepare(row, user)]
    silent = set(without_mail)
    for row in rows:
        row.mail_due_at = None if row.user_id in silent else row.mail_due_at
    rows += [Notification(order_id=order, kind=kind, data=data, **for_guest(kind)) for order, data in guests]
    writes.insert(*rows)
    announce([row for row in rows if row.user_id], users)
    return rows


def addressees(ids: Iterable[int]) -> dict[int, User]:
    """The users with their settings, and `unread`, their number of unread notifications."""
    wanted = set(ids)
    if len(wanted) == 1:
        return {user.pk: user for user in ADDRESSEE.rows(user=next(iter(wanted)))}
    return {user.pk: user for user in reachable().filter(pk__in=wanted)} if wanted else {}


def reachable() -> QuerySet[User]:
    mine = Notification.objects.unread().filter(user=OuterRef("pk")).order_by().values("user")
    unread = Coalesce(Subquery(mine.annotate(all=Count("pk")).values("all")), 0)
    return User.objects.filter(is_active=True).select_related("social_settings").annotate(unread=unread)


USER: Any = Blank("user")
ADDRESSEE = Compiled(lambda: reachable().filter(pk=USER))


def prepare(row: Notification, user: User) -> bool:
    """Sets the row's channels by the user's settings; False if the user wants none."""
    wishes = settings_of(user).wants(row.kind)
    row.is_listed = wishes["in_app"]
    if wishes["email"] and may_mail(row.kind, user):
        row.mail_due_at = due_at(row, settings_of(user))
    return any(wishes.values())


def may_mail(kind: str, user: User) -> bool:
    """News of shops is mailed to confirmed addresses only: nobody can flood another person's mailbox by follows."""
    return user.email_verified or kind not in OF_FOLLOWED


def due_at(row: Notification, wishes: SocialSettings) -> datetime:
    now = timezone.now()
    if wishes.waits(row.kind):
        return next_digest(now, weekly=wishes.digest == SocialSettings.Digest.WEEKLY)
    return now + SETTLING if row.kind in MAY_SETTLE else now + GATHERING if row.merge_key else now


GATHERING = timedelta(seconds=30)  # a notification that may still be merged is mailed afterwards
SETTLING = timedelta(minutes=5)


def next_digest(now: datetime, *, weekly: bool) -> datetime:
    today = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    ahead = (MONDAY - now.weekday()) % 7 if weekly else 0
    then = today + timedelta(days=ahead)
    return then if then > now else then + timedelta(days=7 if weekly else 1)


def for_guest(kind: str) -> dict[str, Any]:
    wait = SETTLING if kind in MAY_SETTLE else timedelta(0)
    return {"is_listed": False, "mail_due_at": timezone.now() + wait}


def announce(rows: Sequence[Notification], users: dict[int, User]) -> None:
    """Sends frames to users who want them, with the number of unread notifications as of this transaction."""
    for row in rows:
        users[row.user_id].unread += row.is_listed  # type: ignore[index,attr-defined]
    log.append_all(
        (created(row, users[row.user_id].unread), [user_audience(row.user_id)])  # type: ignore[index,attr-defined]
        for row in rows
        if settings_of(users[row.user_id]).wants(row.kind)["websocket"]  # type: ignore[index]
    )


def created(row: Notification, unread: int) -> NotificationCreated:
    return NotificationCreated(notification=str(row.pk), kind=str(row.kind), about=row.data, unread=unread)


@transaction.atomic
def read_notification(*, notification: Notification) -> Notification:
    """Marks it as read; repeating it changes nothing."""
    unread = Notification.objects.unread().filter(pk=notification.pk)
    if unread.update(read_at=timezone.now()):
        tell_read(notification.user_id, str(notification.pk))
    notification.refresh_from_db()
    return notification


@transaction.atomic
def read_all(*, user: User) -> int:
    """Marks all of a user's notifications as read; returns how many were unread."""
    count = Notification.objects.unread().filter(user=user).update(read_at=timezone.now())
    if count:
        tell_read(user.pk, None)
    return count


def tell_read(user_id: int | None, notification: str | None) -> None:
    """Updates the user's other devices."""
    left = Notification.objects.unread().filter(user_id=user_id).count()
    event = NotificationsRead(notification=notification, unread=left)
    log.append(event, audiences=[user_audience(user_id)])
