from typing import Any

from django.db.models import Sum
from django.dispatch import receiver

from accounts.models import Seller
from accounts.signals import seller_approved, seller_suspended
from catalog import cache
from catalog.models import Product, StockHold
from catalog.search import phrases
from catalog.services.stock import default_location
from catalog.services.watching import announce_hidden
from config.shared import redis
from config.shared.postgres.guards import GUARDED_TABLES, GUARDS
from config.shared.registry import GAUGES, PRUNERS, TICKS

GUARDS["catalog.touched"] = cache.Touches()
GUARDED_TABLES.update(
    f"catalog_{name}" for name in ("product", "variant", "productimage", "brand", "category")
)
GUARDED_TABLES.add("accounts_seller")
TICKS["catalog.cache"] = cache.settle
PRUNERS["search_phrases"] = phrases.fade


def held_units() -> dict[str, float]:
    active = StockHold.objects.filter(status=StockHold.Status.ACTIVE)
    return {"": active.aggregate(units=Sum("quantity"))["units"] or 0}


def cache_lookups() -> dict[str, float]:
    try:
        return dict(cache.counts())
    except redis.DOWN:
        return {}


GAUGES["souk_cache_lookups"] = (
    "Public reads answered from the cache, computed for it, passed by it.",
    cache_lookups,
)
GAUGES["souk_stock_held"] = "Units of stock promised to orders that are not paid yet.", held_units


@receiver(seller_approved)
def make_first_location(sender: Any, seller: Seller, **kwargs: Any) -> None:
    default_location(seller_id=seller.pk)


@receiver(seller_suspended)
def hide_products(sender: Any, seller: Seller, **kwargs: Any) -> None:
    active = Product.objects.filter(seller=seller, status=Product.Status.ACTIVE)
    announce_hidden(active.order_by("pk").values_list("pk", flat=True))
