"""Parcels of which nobody says that they came: after a while they count as delivered, or nothing could be sent back."""

from contextlib import suppress

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from config.shared.errors import InvalidTransition
from orders.models import OrderPart
from orders.services.fulfilment import deliver_part

MOST = 500  # a run


def deliver_overdue_parts() -> int:
    """Delivers what left longer ago than `DELIVERED_AFTER`, each part in a transaction of its own; returns how many."""
    shipped = OrderPart.objects.filter(status=OrderPart.Status.SHIPPED)
    left = shipped.annotate(left_at=Max("shipments__created_at"))
    overdue = left.filter(left_at__lte=timezone.now() - settings.DELIVERED_AFTER)
    count = 0
    for part_id in list(overdue.order_by("pk").values_list("pk", flat=True)[:MOST]):
        with suppress(InvalidTransition):  # its seller has just done it
            deliver_part(part_id=part_id, by=None)
            count += 1
    return count
