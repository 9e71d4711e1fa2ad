"""Giving back a part of what is held: a line of an order that was cancelled before payment."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import F

from catalog.models import StockHold
from catalog.services import stock_statements as statements
from catalog.services.stock_effects import announce

RELEASE_PART = statements.statement(
    """concern AS MATERIALIZED (SELECT DISTINCT unnest(%(variants)s::bigint[]) AS variant_id)""",
    statements.LOCKED,
    """plan AS (
  SELECT level_id, 0 AS hand, -quantity AS reserve
  FROM unnest(%(levels)s::bigint[], %(quantities)s::int[]) AS part (level_id, quantity)
)""",
    statements.CHANGED,
)


def release_part(*, reference: str, demand: Mapping[int, int]) -> bool:
    """Releases `demand` (variant id → quantity, at most what is held) of the active holds; needs a transaction."""
    parts = take(reference, demand)
    if not parts:
        return False
    for hold, quantity in parts:
        shrink(hold, quantity)
    levels: Counter[int] = Counter()
    for hold, quantity in parts:
        levels[hold.level_id] += quantity
    variants = [hold.variant_id for hold, _ in parts]
    plan = {"levels": list(levels), "quantities": list(levels.values())}
    announce(statements.run(RELEASE_PART, variants=variants, **plan))
    return True


def take(reference: str, demand: Mapping[int, int]) -> list[tuple[StockHold, int]]:
    """The holds that the demand is taken from, locked in id order, and how much from each."""
    active = StockHold.objects.filter(
        reference=reference, status=StockHold.Status.ACTIVE, variant__in=list(demand)
    )
    left, parts = Counter(demand), []
    for hold in active.order_by("pk").select_for_update(no_key=True):
        quantity = min(left[hold.variant_id], hold.quantity)
        if quantity > 0:
            left[hold.variant_id] -= quantity
            parts.append((hold, quantity))
    return parts


def shrink(hold: StockHold, quantity: int) -> None:
    """Ends a hold, or splits off a released one, so that the history stays whole."""
    if quantity == hold.quantity:
        StockHold.objects.filter(pk=hold.pk).update(status=StockHold.Status.RELEASED)
        return
    StockHold.objects.filter(pk=hold.pk).update(quantity=F("quantity") - quantity)
    hold.pk, hold.quantity, hold.status, hold._state.adding = None, quantity, StockHold.Status.RELEASED, True
    hold.save(force_insert=True)
