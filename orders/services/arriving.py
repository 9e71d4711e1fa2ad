"""Parcels whose delivery nobody reports: they count as delivered after a while, or nothing could be returned."""

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
MOST = 500  # deliveries in one run


def deliver_overdue_parts() -> int:
    """Delivers parts shipped longer than `DELIVERED_AFTER` ago, each in its own transaction; returns how many.

    A failure is logged and left for the next run; it does not stop the others.
    """
    count = 0
    for part_id in overdue_parts():
        count += deliver(part_id)
        if count == MOST:
            break
    return count


def overdue_parts() -> Iterator[int]:
    """Ids in order, a page at a time, so that parts that cannot be delivered do not block those behind them."""
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
    except InvalidTransition:  # the seller has just delivered it, or the order is closed
        return False
    except Exception:
        logger.exception("delivery_failed", part=part_id)
        return False
    return True
