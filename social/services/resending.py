"""Sends a mail about an order again, when the customer lost it or never got it."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from config.shared.errors import NotFound
from orders.models import Order
from social.models import Notification


def told_of(order: Order) -> QuerySet[Notification]:
    """The customer's notifications about the order: a guest's by the order, a user's among their own (by an index)."""
    if order.user_id is None:
        return Notification.objects.filter(order=order)
    about = Q(kind__startswith="order.", data__order=str(order.pk))
    return Notification.objects.filter(about, user=order.user_id)


def mails_of(*, order: Order) -> list[str]:
    """The kinds that can be sent again, in the order of the events."""
    return list(dict.fromkeys(told_of(order).order_by("pk").values_list("kind", flat=True)))


@transaction.atomic
def resend_mail(*, order: Order, kind: str) -> Notification:
    """Makes the latest notification of this kind due; mail settings are checked when it is sent. Raises NotFound."""
    row = told_of(order).filter(kind=kind).select_for_update(of=("self",)).order_by("-pk").first()
    if row is None:
        raise NotFound
    Notification.objects.filter(pk=row.pk).update(mail_due_at=Now())
    return row
