from typing import Any

from django.dispatch import receiver

from accounts.models import Seller
from accounts.signals import seller_approved
from catalog import cache
from catalog.services.stock import default_location
from config.shared.postgres.guards import GUARDED_TABLES, GUARDS
from config.shared.registry import TICKS

GUARDS["catalog.touched"] = cache.Touches()
GUARDED_TABLES.update(
    f"catalog_{name}" for name in ("product", "variant", "productimage", "brand", "category")
)
GUARDED_TABLES.add("accounts_seller")
TICKS["catalog.cache"] = cache.settle


@receiver(seller_approved)
def make_first_location(sender: Any, seller: Seller, **kwargs: Any) -> None:
    default_location(seller_id=seller.pk)
