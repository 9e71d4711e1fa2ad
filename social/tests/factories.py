from typing import Any

from factory import SubFactory
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from catalog.models import Variant
from catalog.tests.factories import VariantFactory
from orders.models import Order
from orders.services import accept_part, deliver_part, mark_order_paid, ship_part
from payments.tests.factories import place
from social.models import Follow, Notification, Review


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    user = SubFactory(UserFactory)
    kind = Notification.Kind.ORDER_PAID
    data = {"order": "1", "number": "SK-1"}


class ReviewFactory(DjangoModelFactory):
    """A row alone: the ratings of product and shop do not know it."""

    class Meta:
        model = Review

    user = SubFactory(UserFactory)
    rating = 4


class FollowFactory(DjangoModelFactory):
    """A row alone: nobody's number of followers knows it."""

    class Meta:
        model = Follow

    user = SubFactory(UserFactory)


def delivered(user: Any, variant: Variant | None = None) -> Order:
    """An order that the user has received, through every step of it."""
    order = place(user, variant or VariantFactory())
    mark_order_paid(order_id=order.pk)
    for part in order.parts.all():
        accept_part(part_id=part.pk, by=None)
        ship_part(part_id=part.pk, by=None)
        deliver_part(part_id=part.pk, by=None)
    order.refresh_from_db()
    return order
