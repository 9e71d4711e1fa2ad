"""Parcels of which nobody says that they came: after a while they count as delivered, or nothing could be sent back."""

from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from config.shared.errors import InvalidTransition
from orders.models import OrderPart
from orders.services.fulfilment import deliver_part

logger = structlog.get_logger(__name__)
PAGE = 500
MOST = 500  # that a run delivers


def deliver_overdue_parts() -> int:
    """Delivers what left longer ago than `DELIVERED_AFTER`, each part in a transaction of its own; returns how many.

    One that fails is logged, left for the next run and does not stop the others.
    """
    count = 0
    for part_id in overdue_parts():
        count += deliver(part_id)
        if count == MOST:
            break
    return count


def overdue_parts() -> Iterator[int]:
    """By id, a page at a time: however many cannot be delivered, those behind them have their turn."""
    shipped = OrderPart.objects.filter(status=OrderPart.Status.SHIPPED)
    left = shipped.annotate(left_at=Max("shipments__created_at"))
    overdue = left.filter(left_at__lte=timezone.now() - settings.DELIVERED_AFTER)
    last, ids = 0, overdue.order_by("pk").values_list("pk", flat=True)
    while page := list(ids.filter(pk__gt=last)[:PAGE]):
        yield from page
        last = page[-1]


def deliver(part_id: int) -> bool:
    try:
        deliver_part(part_id=part_id, by=None)
    except InvalidTransition:  # its seller has just done it, or its order is closed
        return False
    except Exception:
        logger.exception("delivery_failed", part=part_id)
        return False
    return True
