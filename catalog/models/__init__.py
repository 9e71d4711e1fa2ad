from catalog.models.attributes import AttributeType
from catalog.models.images import ProductImage
from catalog.models.imports import ImportImage, ImportRow, ProductImport
from catalog.models.prices import ProductPrice, VariantPrice
from catalog.models.products import Product, ProductSlug, RelatedProduct
from catalog.models.sales import PriceChange
from catalog.models.search import CacheTouch, SearchEntry, SearchPhrase, SearchWord
from catalog.models.stock import Location, StockHold, StockLevel, StockMovement
from catalog.models.taxonomy import Brand, Category
from catalog.models.variants import Variant, free_units

__all__ = [
    "AttributeType",
    "Brand",
    "CacheTouch",
    "Category",
    "ImportImage",
    "ImportRow",
    "Location",
    "PriceChange",
    "Product",
    "ProductImage",
    "ProductImport",
    "ProductPrice",
    "ProductSlug",
    "RelatedProduct",
    "SearchEntry",
    "SearchPhrase",
    "SearchWord",
    "StockHold",
    "StockLevel",
    "StockMovement",
    "Variant",
    "VariantPrice",
    "free_units",
]
