from django.db import transaction
from django.db.models import F

from catalog.errors import BackordersOpen, LastLocation, LocationInUse
from catalog.models import Location, StockLevel
from catalog.services import stock_statements as statements
from catalog.services.stock_effects import announce
from config.shared.errors import NotFound

MAX_BACKORDERS = 1_000_000


@transaction.atomic
def set_threshold(*, level: StockLevel, threshold: int) -> None:
    """The owner's edit of a level; increments its `version`."""
    StockLevel.objects.filter(pk=level.pk).update(low_stock_threshold=threshold, version=F("version") + 1)


@transaction.atomic
def set_backorder_limit(*, level: StockLevel, limit: int) -> None:
    """How many units may be sold beyond stock; an owner's edit. Locks the variant's levels. Raises BackordersOpen."""
    about = {"variants": [level.variant_id], "quantities": [1]}
    changes = statements.run(statements.LIMIT, **about, level=level.pk, limit=limit)
    if not any(change.is_changed for change in changes):
        raise BackordersOpen
    announce(changes)


@transaction.atomic
def delete_location(*, location: Location) -> None:
    """Locks the levels there that allow backorders, then the seller's locations in id order.

    Raises LocationInUse, LastLocation.
    """
    end_backorders(location)
    own = Location.objects.active().filter(seller_id=location.seller_id).order_by("pk")
    ids = list(own.select_for_update(no_key=True).values_list("pk", flat=True))
    if location.pk not in ids:
        raise NotFound
    if StockLevel.objects.filter(location=location, variant__is_archived=False).exclude(on_hand=0).exists():
        raise LocationInUse
    if len(ids) == 1:
        raise LastLocation
    Location.objects.filter(pk=location.pk).update(is_active=False)


def end_backorders(location: Location) -> None:
    """Raises LocationInUse if units are owed there."""
    for level in StockLevel.objects.filter(location=location, backorder_limit__gt=0).order_by("variant_id"):
        try:
            set_backorder_limit(level=level, limit=0)
        except BackordersOpen:
            raise LocationInUse from None
