"""Rows of hand-written statements, with the model attributes that the serializers read."""

from collections import namedtuple
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from catalog.models import Product, ProductPrice
from catalog.models.sales import Priced

LISTED = (
    "id", "slug", "title", "status", "price_amount", "compare_at_amount", "prior_amount", "currency", "is_available",
    "rating_average", "rating_count", "tags", "created_at", "units_sold",
)  # fmt: skip
WHOLE = (*LISTED, "currencies", "description", "seo_title", "seo_description", "option_names", "attributes")
SHOWN = ("currency", "price_amount", "compare_at_amount", "prior_amount")
IMAGE = ("id", "image", "alt", "position", "width", "height", "thumbnails")
VARIANT = (
    "id", "sku", "price_amount", "compare_at_amount", "currency", "sale_amount", "sale_until", "is_sale_running",
    "prior_amount", "is_available", "is_on_backorder", "weight_g", "length_mm", "width_mm", "height_mm", "barcode", "position", "options",
)  # fmt: skip
REFERENCES = "seller.id, seller.slug, seller.name, brand.id, brand.slug, brand.name, category.id, category.slug, category.name"


def columns(table: str, names: Sequence[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


class Named(NamedTuple):
    pk: int
    slug: str
    name: str


class OfProduct:
    """Properties of a product's row that the model computes."""

    __slots__ = ()
    pk = property(itemgetter(0))
    price, compare_at_price, prior_price = Product.price, Product.compare_at_price, Product.prior_price


class ListedProduct(
    OfProduct, namedtuple("Listed", (*LISTED, "seller", "brand", "category", "first_images", "shown"))
):  # type: ignore[misc]
    __slots__ = ()


class WholeProduct(OfProduct, namedtuple("Whole", (*WHOLE, "seller", "brand", "category"))):  # type: ignore[misc]
    __slots__ = ()


class ShownPrice(namedtuple("Shown", SHOWN)):  # type: ignore[misc]
    """A product's price in the requested currency, if that is not its own."""

    __slots__ = ()
    price, compare_at_price = ProductPrice.price, ProductPrice.compare_at_price
    prior_price = ProductPrice.prior_price


class VariantRow(namedtuple("Offered", VARIANT)):  # type: ignore[misc]
    __slots__ = ()
    pk = property(itemgetter(0))
    compare_at_price, prior_price = Priced.compare_at_price, Priced.prior_price
    shown_price, shown_compare_at = Priced.shown_price, Priced.shown_compare_at


class ImageRow(namedtuple("Image", IMAGE)):  # type: ignore[misc]
    __slots__ = ()
    pk = property(itemgetter(0))


def listed_product(row: Sequence[Any]) -> ListedProduct:
    end = len(LISTED)
    image, shown = row[end + 9 : -len(SHOWN)], row[-len(SHOWN) :]
    images = [image_row(image)] if image[0] is not None else []
    price = ShownPrice._make(shown) if shown[0] is not None else None
    return ListedProduct(*row[:end], *named(row[end : end + 9]), images, price)


def whole_product(row: Sequence[Any]) -> WholeProduct:
    end = len(WHOLE)
    return WholeProduct(*row[: end - 1], orjson.loads(row[end - 1]), *named(row[end:]))


def variant_row(row: Sequence[Any]) -> VariantRow:
    return VariantRow(*row[:-1], orjson.loads(row[-1]))


def image_row(row: Sequence[Any]) -> ImageRow:
    return ImageRow(*row[:-1], orjson.loads(row[-1]))


def named(row: Sequence[Any]) -> tuple[Named | None, ...]:
    """Seller, brand and category, as `REFERENCES` selects them."""
    return tuple(Named._make(row[at : at + 3]) if row[at] is not None else None for at in (0, 3, 6))
