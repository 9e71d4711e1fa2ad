from config.shared.errors import Conflict, Invalid


class OutOfStock(Conflict):
    """`lines` lists the lines that are short: `[{"variant": "12", "requested": 3, "available": 1}]`."""

    code = "out_of_stock"
    detail = "Not enough stock."


class InsufficientStock(Conflict):
    code = "insufficient_stock"
    detail = "Stock cannot fall below zero, nor below what is reserved for orders."


class BackordersOpen(Conflict):
    code = "backorders_open"
    detail = "More than that is owed already: receive or release it first."


class SkuTaken(Conflict):
    code = "sku_taken"

    def __init__(self, sku: str) -> None:
        super().__init__(f"This shop has another variant with the SKU {sku!r}.", sku=sku)


class SlugTaken(Conflict):
    code = "slug_taken"
    detail = "Another product has this slug, or had it."


class LastVariant(Conflict):
    code = "last_variant"
    detail = "A product keeps at least one variant: archive the product instead."


class TooManyVariants(Conflict):
    code = "too_many_variants"
    detail = "A product has at most 100 variants."


class TooManyImages(Conflict):
    code = "too_many_images"
    detail = "A product has at most 50 images."


class PriceOfVariants(Conflict):
    code = "has_variants"
    detail = "This product has several variants: change the price of the variant."


class CurrencyMismatch(Conflict):
    code = "currency_mismatch"
    detail = "All prices of a product are of one currency."


class LocationInUse(Conflict):
    code = "location_in_use"
    detail = "There is stock at this location: move it first."


class LastLocation(Conflict):
    code = "last_location"
    detail = "A shop keeps at least one location."


class CategoryInUse(Conflict):
    code = "category_in_use"
    detail = "This category has products, or categories under it."


class CategoryCycle(Conflict):
    code = "category_cycle"
    detail = "A category cannot move under itself."


class BrandInUse(Conflict):
    code = "brand_in_use"
    detail = "This brand has products."


class UnreadableFile(Invalid):
    code = "unreadable_file"
    detail = "This is not a CSV file in UTF-8 with the columns of Souk or Shopify."
