from catalog.models.imports import ProductImport
from catalog.models.products import Product, ProductImage, Variant
from catalog.models.stock import Location, StockHold, StockLevel, StockMovement
from catalog.models.taxonomy import Brand, Category

__all__ = [
    "Brand",
    "Category",
    "Location",
    "Product",
    "ProductImage",
    "ProductImport",
    "StockHold",
    "StockLevel",
    "StockMovement",
    "Variant",
]
