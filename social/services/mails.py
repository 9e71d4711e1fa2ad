"""Mails of notifications. `mail_due_at` is the outbox: a worker leases a row by moving `mail_due_at` ahead. No other
worker takes it meanwhile, and if the worker dies the row is due again. A row without `mail_due_at` is done."""

import contextlib
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives as Message
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone

from orders.models import Order
from social.letters import Library, guest_link
from social.models import CAN_WAIT, MAY_SETTLE, Notification, settings_of
from social.services.notifications import may_mail
from social.unsubscribing import DIGEST, make_token

logger = structlog.get_logger(__name__)
LEASE = timedelta(minutes=10)
RENEWAL = LEASE.total_seconds() / 2  # seconds; the rest of the lease must be longer than one mail takes
AT_ONCE = 200  # rows per batch
MOST = 100  # lines of a digest
Rows = Sequence[Notification]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address about one or more notifications."""

    rows: Rows
    message: Message


def are_mails_due() -> bool:
    return Notification.objects.due().exists()


def send_due_mails(*, most: int) -> int:
    """Sends due mails of up to about `most` rows; returns the number of mails attempted."""
    sent = 0
    for _ in range(max(1, most // AT_ONCE)):
        if not (now := send_due()):
            break
        sent += now
    return sent


def send_due() -> int:
    began, rows = time.monotonic(), take()
    mails = write(rows)
    unwanted = {row.pk for row in rows} - {row.pk for mail in mails for row in mail.rows}
    finish(unwanted, is_sent=False)
    return deliver(held(mails, since=began))


@transaction.atomic
def take() -> list[Notification]:
    """Leases due rows to this worker, together with the same users' other due rows, which may share a mail."""
    due = Notification.objects.due().select_for_update(skip_locked=True, of=("self",))
    first = list(due.order_by("mail_due_at", "pk").values_list("pk", "user_id")[:AT_ONCE])
    users = {user_id for _, user_id in first if user_id}
    shared = due.filter(user__in=users, kind__in=CAN_WAIT).values_list("pk", flat=True)[:AT_ONCE]
    taken = {*(pk for pk, _ in first), *shared}
    rows = lease(taken).select_related("user__social_settings")
    # Orders are prefetched: given a join, the planner may merge a few rows with all orders, as theirs are the newest.
    return list(rows.prefetch_related("order").order_by("user", "order_id", "pk"))


def lease(ids: Collection[int]) -> QuerySet[Notification]:
    """Keeps other workers from taking these rows for a while. Needs the rows locked."""
    Notification.objects.filter(pk__in=ids).update(mail_due_at=Now() + LEASE)
    return Notification.objects.filter(pk__in=ids)


def held(mails: Iterable[Mail], *, since: float) -> Iterator[Mail]:
    """Yields mails while their leases hold, renewing them on the way: a slow mail server may need longer than one lease.

    `since` is when the rows were taken, by the process's clock.
    """
    left = deque(mails)
    while left:
        if time.monotonic() - since > RENEWAL:
            since, left = time.monotonic(), deque(renew(left))
        else:
            yield left.popleft()


@transaction.atomic
def renew(mails: Collection[Mail]) -> list[Mail]:
    """Renews the leases that this worker still holds and drops the other mails: another worker may have sent those.

    Locks the rows in id order.
    """
    rows = {row.pk: row for mail in mails for row in mail.rows}
    locked = Notification.objects.filter(pk__in=rows).order_by("pk").select_for_update(no_key=True)
    own = {pk for pk, until in locked.values_list("pk", "mail_due_at") if until == rows[pk].mail_due_at}
    kept = [mail for mail in mails if own.issuperset(row.pk for row in mail.rows)]
    for pk, until in lease([row.pk for mail in kept for row in mail.rows]).values_list("pk", "mail_due_at"):
        rows[pk].mail_due_at = until
    return kept


def write(rows: Rows) -> list[Mail]:
    """One mail per row; a user's rows that can wait share one mail."""
    wanted = [row for row in rows if is_wanted(row)]
    library = Library(wanted)
    alone = [row for row in wanted if not row.user_id or row.kind not in CAN_WAIT]
    waiting = [row for row in wanted if row.user_id and row.kind in CAN_WAIT]
    mails = [guest_mail(row, library) if row.order_id else user_mail([row], library) for row in alone]
    by_user = groupby(waiting, key=lambda row: row.user_id)
    return mails + [user_mail(list(several), library) for _, several in by_user]


def is_wanted(row: Notification) -> bool:
    """Checked again before sending: settings may have changed, the user may be gone, the matter may be settled."""
    if row.kind in MAY_SETTLE and not is_unpaid(row):
        return False
    if row.order is not None:
        return bool(row.order.email)
    user: Any = row.user
    return user.is_active and settings_of(user).wants(row.kind)["email"] and may_mail(row.kind, user)


def is_unpaid(row: Notification) -> bool:
    return Order.objects.filter(pk=int(row.data["order"]), status=Order.Status.PENDING_PAYMENT).exists()


def guest_mail(row: Notification, library: Library) -> Mail:
    order: Any = row.order
    letter = library.letter(row) | {"link": guest_link(order)}
    return Mail([row], message_of([letter], [row], to=order.email))


def user_mail(rows: Rows, library: Library) -> Mail:
    user: Any = rows[0].user
    kinds = {row.kind for row in rows}
    token = make_token(user.pk, kinds.pop() if len(kinds) == 1 else DIGEST)
    letters = [library.letter(row) for row in rows]
    return Mail(rows, message_of(letters, rows, to=user.email, token=token))


def message_of(letters: Sequence[dict[str, str]], rows: Rows, *, to: str, token: str = "") -> Message:
    """Plain text and HTML; with a token it has a one-click unsubscribe."""
    subject = letters[0]["subject"] if len(letters) == 1 else f"{len(letters)} news for you"
    query = urlencode({"token": token}) if token else ""
    page = f"{settings.STOREFRONT_URL}/unsubscribe?{query}" if token else ""
    context = {
        "letters": letters[:MOST],
        "more": len(letters) - MOST,
        "subject": subject,
        "unsubscribe": page,
    }
    headers = {"Message-ID": message_id(rows[0]), "Auto-Submitted": "auto-generated", **one_click(query)}
    message = Message(subject, render_to_string("social/mail.txt", context), None, [to], headers=headers)
    message.attach_alternative(render_to_string("social/mail.html", context), "text/html")
    return message


def one_click(query: str) -> dict[str, str]:
    """Headers of RFC 8058; none for a guest, who only gets mails about one order."""
    address = f"<{settings.PUBLIC_URL}/api/v1/notifications/unsubscribe?{query}>"
    headers = {"List-Unsubscribe": address, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers if query else {}


def message_id(row: Notification) -> str:
    """Stable, so a mail that is sent again has the same id."""
    return (
        f"<notification-{row.pk}-{row.created_at.timestamp():.0f}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    )


def deliver(mails: Iterable[Mail]) -> int:
    """Sends all over one connection; returns how many were attempted. A failed mail is due again after its lease and
    does not stop the others: the next one opens a new connection."""
    connection, count = get_connection(), 0
    for mail in mails:
        count += 1
        try:
            connection.open()
            connection.send_messages([mail.message])
        except Exception as problem:  # any response of the mail server
            logger.warning("mail_failed", notification=mail.rows[0].pk, problem=type(problem).__name__)
            hang_up(connection)
        else:
            finish([row.pk for row in mail.rows], is_sent=True)
    hang_up(connection)
    return count


def hang_up(connection: Any) -> None:
    with contextlib.suppress(Exception):  # the connection itself may have failed
        connection.close()


def finish(ids: Iterable[int], *, is_sent: bool) -> None:
    mailed = {"mailed_at": timezone.now()} if is_sent else {}
    Notification.objects.filter(pk__in=ids).update(mail_due_at=None, **mailed)
