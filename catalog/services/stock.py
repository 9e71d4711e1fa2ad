"""Stock: reserved for orders, sold, returned, corrected.

Lock order: levels (by id), then products (by id), then variants; a location after the levels. Call these functions last
in a transaction: a popular level is then locked for one round trip and the commit. They use no savepoint, so a refusal
aborts the caller's transaction; a caller that continues afterwards needs its own savepoint. A `reference` is a text such
as `order:12`.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import DataError, transaction
from django.db.models import F

from catalog.errors import InsufficientStock, OutOfStock
from catalog.models import Location, StockHold, StockLevel, StockMovement, Variant
from catalog.services import stock_statements as statements
from catalog.services.stock_effects import announce, available_of
from config.shared.errors import NotFound, invalid
from config.shared.postgres import prepared

Kind = StockMovement.Kind
SYSTEM = "system"

EXTEND = """
UPDATE catalog_stockhold SET expires_at = %s WHERE reference = %s AND status = 'active' RETURNING 1
"""


@transaction.atomic(savepoint=False)
def hold_stock(*, demand: Mapping[int, int], reference: str, expires_at: datetime) -> None:
    """Reserves all of `demand` (variant id → quantity) for `reference`, or raises OutOfStock and reserves nothing."""
    if not demand:
        return
    changes = statements.run(
        statements.HOLD, **wanted(demand), hand=0, reserve=1, reference=reference, expires_at=expires_at
    )
    check_complete(demand, changes)
    announce(changes)


@transaction.atomic(savepoint=False)
def extend_holds(*, reference: str, expires_at: datetime) -> bool:
    """Extends the active holds of `reference`; False if there are none."""
    return bool(prepared.rows(EXTEND, [expires_at, reference]))


@transaction.atomic(savepoint=False)
def release_holds(*, reference: str) -> bool:
    """Releases the active holds of `reference`; False if there are none."""
    released = StockHold.Status.RELEASED.value
    changes = statements.run(
        statements.RELEASE_HOLDS, reference=reference, status=released, hand=0, reserve=-1
    )
    announce(changes)
    return bool(changes)


@transaction.atomic(savepoint=False)
def sell_holds(*, reference: str) -> bool:
    """Turns the active holds of `reference` into sales; False if there are none."""
    sold = {"status": StockHold.Status.SOLD.value, "kind": Kind.SOLD.value, "hand": -1, "reserve": -1}
    changes = statements.run(statements.SELL_HOLDS, reference=reference, reason="", actor=SYSTEM, **sold)
    announce(changes, are_sales=True)
    return bool(changes)


@transaction.atomic(savepoint=False)
def sell_stock(*, demand: Mapping[int, int], reference: str) -> None:
    """Sells all of `demand` without a hold, or raises OutOfStock and sells nothing."""
    if not demand:
        return
    sold = {"kind": Kind.SOLD.value, "hand": -1, "reserve": 0, "reason": "", "actor": SYSTEM}
    changes = statements.run(statements.SELL, **wanted(demand), reference=reference, **sold)
    check_complete(demand, changes)
    announce(changes, are_sales=True)


@transaction.atomic(savepoint=False)
def return_stock(*, demand: Mapping[int, int], reference: str, reason: str) -> None:
    """Returns sold units to the levels they were sold from, and subtracts them from the units sold."""
    if not demand:
        return
    back = {"kind": Kind.RETURNED.value, "reason": reason[:255], "actor": SYSTEM}
    changes = statements.run(statements.GIVE_BACK, **wanted(demand), reference=reference, **back)
    announce(changes, are_sales=True)


@transaction.atomic
def adjust_stock(
    *, variant: Variant, location: Location | None, delta: int, reason: str, actor: str
) -> StockLevel:
    """Corrects the stock at a location (default: the first). Raises InsufficientStock, NotFound, 400 if the total
    exceeds what the column can hold.

    Locks the variant's levels, then the location, so that it cannot be deleted meanwhile.
    """
    level = level_at(variant, location)
    try:
        is_done = adjust_levels(deltas={level: delta}, reason=reason, actor=actor)
    except DataError:
        raise invalid("delta", "There would be more units than can be counted.", "too_many") from None
    if not is_done:
        raise InsufficientStock(available=level.sellable)
    level.refresh_from_db()
    return level


@transaction.atomic
def transfer_stock(
    *, variant: Variant, source: Location, target: Location, quantity: int, reason: str, actor: str
) -> None:
    """Moves units between two locations of a shop: both movements, or neither. Raises InsufficientStock, NotFound.

    Locks the variant's levels, then the locations in id order.
    """
    first, second = sorted([source, target], key=lambda place: place.pk)
    levels = {place.pk: level_at(variant, place) for place in (first, second)}
    if levels[source.pk].available < quantity:
        raise InsufficientStock(available=levels[source.pk].available)
    deltas = {levels[source.pk]: -quantity, levels[target.pk]: quantity}
    adjust_levels(deltas=deltas, reason=reason, actor=actor, kind=Kind.MOVED)


@transaction.atomic
def adjust_levels(
    *, deltas: Mapping[StockLevel, int], reason: str, actor: str, kind: str = Kind.ADJUSTED
) -> set[int]:
    """Corrects several levels in one statement, each independently; returns the ids of the levels that changed. A level
    with too few units to subtract from stays as it is.

    An owner's edit: increments the version of each changed level.
    """
    if not deltas:
        return set()
    moved = {"kind": str(kind), "reason": reason, "actor": actor, "reference": ""}
    changes = statements.run(
        statements.ADJUST,
        **wanted({level.variant_id: 1 for level in deltas}),
        levels=[level.pk for level in deltas],
        deltas=list(deltas.values()),
        **moved,
    )
    announce(changes)
    changed = {change.level_id for change in changes if change.is_changed}
    StockLevel.objects.filter(pk__in=changed).update(version=F("version") + 1)
    return changed


def level_at(variant: Variant, location: Location | None) -> StockLevel:
    """The level at the location (default: the first), made if missing. Locks the variant's levels, then the location."""
    list(variant.levels.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    if location is None:
        first = (
            variant.levels.order_by("-location__is_active", "location__priority", "pk")
            .select_related("location")
            .first()
        )
        location = first.location if first else default_location(seller_id=variant.seller_id)
    if not Location.objects.active().filter(pk=location.pk).select_for_update(no_key=True).exists():
        raise NotFound("There is no such location.")
    return StockLevel.objects.get_or_create(variant=variant, location=location)[0]


def lock_levels(*, product_id: int) -> None:
    """Locks all levels of a product in id order. An edit that also changes stock calls this before other locks."""
    levels = StockLevel.objects.filter(variant__product=product_id).order_by("pk")
    list(levels.select_for_update(no_key=True, of=("self",)).values_list("pk"))


@transaction.atomic
def default_location(*, seller_id: int) -> Location:
    """The seller's first location, created if the seller has none."""
    first = Location.objects.active().filter(seller_id=seller_id).order_by("priority", "pk").first()
    return first or Location.objects.get_or_create(seller_id=seller_id, name="Main", is_active=True)[0]


def wanted(demand: Mapping[int, int]) -> dict[str, list[int]]:
    """Raises ValueError unless every quantity is positive."""
    if min(demand.values()) <= 0:
        raise ValueError("Quantities must be positive.")
    return {"variants": list(demand), "quantities": list(demand.values())}


def check_complete(demand: Mapping[int, int], changes: list[statements.LevelChange]) -> None:
    """Raises OutOfStock with the lines that were short; in that case the statement changed nothing."""
    if any(change.is_changed for change in changes):
        return
    available = available_of(changes)
    raise OutOfStock(
        lines=[
            {"variant": str(variant), "requested": quantity, "available": available.get(variant, 0)}
            for variant, quantity in demand.items()
            if quantity > available.get(variant, 0)
        ]
    )
