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
from catalog.services.watching import products_named, visible_products

__all__ = [
    "adjust_stock",
    "change_brand_followers",
    "change_product_rating",
    "extend_holds",
    "hold_stock",
    "products_named",
    "release_holds",
    "return_stock",
    "sell_holds",
    "sell_stock",
    "visible_products",
]
