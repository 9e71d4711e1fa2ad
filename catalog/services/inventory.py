from django.db import transaction
from django.db.models import F

from catalog.errors import LastLocation, LocationInUse
from catalog.models import Location, StockLevel
from config.shared.errors import NotFound


@transaction.atomic
def set_threshold(*, level: StockLevel, threshold: int) -> None:
    """The owner's edit of a level; counts as one."""
    StockLevel.objects.filter(pk=level.pk).update(low_stock_threshold=threshold, version=F("version") + 1)


@transaction.atomic
def delete_location(*, location: Location) -> None:
    """Locks the seller's locations in id order. Raises LocationInUse, LastLocation."""
    own = Location.objects.active().filter(seller_id=location.seller_id).order_by("pk")
    ids = list(own.select_for_update(no_key=True).values_list("pk", flat=True))
    if location.pk not in ids:
        raise NotFound
    if StockLevel.objects.filter(location=location, on_hand__gt=0, variant__is_archived=False).exists():
        raise LocationInUse
    if len(ids) == 1:
        raise LastLocation
    Location.objects.filter(pk=location.pk).update(is_active=False)
