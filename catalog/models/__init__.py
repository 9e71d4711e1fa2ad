from catalog.models.imports import ImportRow, ProductImport
from catalog.models.products import Product, ProductImage, Variant
from catalog.models.search import CacheTouch, SearchEntry, SearchPhrase, SearchWord
from catalog.models.stock import Location, StockHold, StockLevel, StockMovement
from catalog.models.taxonomy import Brand, Category

__all__ = [
    "Brand",
    "CacheTouch",
    "Category",
    "ImportRow",
    "Location",
    "Product",
    "ProductImage",
    "ProductImport",
    "SearchEntry",
    "SearchPhrase",
    "SearchWord",
    "StockHold",
    "StockLevel",
    "StockMovement",
    "Variant",
]
