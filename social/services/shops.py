"""Notifications to shop owners."""

from catalog.models import Variant
from social.models import Kind
from social.services.notifications import notify


def tell_of_low_stock(*, variant_id: int, location_id: int, available: int) -> None:
    """`available` is the stock at the moment it ran low."""
    variant = Variant.objects.select_related("seller").filter(pk=variant_id).first()
    if variant is not None:
        data = {"product": str(variant.product_id), "variant": str(variant_id), "location": str(location_id)}
        told = [(variant.seller.user_id, data | {"available": str(available)})]
        notify(kind=Kind.STOCK_LOW, told=told)
