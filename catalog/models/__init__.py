from catalog.models.attributes import AttributeType
from catalog.models.imports import ImportRow, ProductImport
from catalog.models.products import Product, ProductImage, ProductSlug, RelatedProduct, Variant
from catalog.models.sales import PriceChange
from catalog.models.search import CacheTouch, SearchEntry, SearchPhrase, SearchWord
from catalog.models.stock import Location, StockHold, StockLevel, StockMovement
from catalog.models.taxonomy import Brand, Category

__all__ = [
    "AttributeType",
    "Brand",
    "CacheTouch",
    "Category",
    "ImportRow",
    "Location",
    "PriceChange",
    "Product",
    "ProductImage",
    "ProductImport",
    "ProductSlug",
    "RelatedProduct",
    "SearchEntry",
    "SearchPhrase",
    "SearchWord",
    "StockHold",
    "StockLevel",
    "StockMovement",
    "Variant",
]
