from catalog.services.ratings import change_brand_followers, change_product_rating
from catalog.services.stock import (
    adjust_stock,
    extend_holds,
    hold_stock,
    release_holds,
    return_stock,
    sell_holds,
    sell_stock,
)

__all__ = [
    "adjust_stock",
    "change_brand_followers",
    "change_product_rating",
    "extend_holds",
    "hold_stock",
    "release_holds",
    "return_stock",
    "sell_holds",
    "sell_stock",
]
