"""The columns of the two formats, and how a row of each is read."""

from typing import Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ValidationError

from catalog.models import Product
from catalog.serializers.values import AttributesField
from catalog.transfer.cells import BadCell, count, money, text

Cells = dict[str, str]
PATH_SEPARATOR = " > "
STATUSES = set(Product.Status.values)


def path_of(value: str) -> list[str]:
    """`Clothing > Shirts` as names from the top down."""
    names = [name.strip() for name in value.split(">") if name.strip()]
    return [text(name, "category", 100) for name in names]


def tags_of(value: str) -> list[str]:
    tags = [text(tag.strip(), "tags", 100) for tag in value.split(",") if tag.strip()]
    if len(tags) > 50:
        raise BadCell("tags", "too_many", "A product has at most 50 tags.")
    return list(dict.fromkeys(tags))


def status_of(value: str) -> str:
    if value.lower() not in STATUSES:
        raise BadCell("status", "invalid_status", f"{value[:50]!r} is none of {', '.join(sorted(STATUSES))}.")
    return value.lower()


def title_of(value: str) -> str:
    if not value:
        raise BadCell("title", "required", "A product needs a title in its first row.")
    return text(value, "title", 255)


class Columns:
    """Souk's own columns."""

    REQUIRED = {"handle", "title", "price"}
    NAMES = {
        "description": "description", "brand": "brand", "tags": "tags", "category": "category",
        "sku": "sku", "price": "price", "compare_at_price": "compare_at_price", "stock": "stock",
        "weight_g": "weight_g", "barcode": "barcode", "option_name": "option{}_name", "option_value": "option{}_value",
    }  # fmt: skip

    def cell(self, cells: Cells, name: str) -> str:
        return cells.get(self.NAMES[name], "")

    def handle(self, cells: Cells) -> str:
        return cells.get("handle", "")

    def product(self, cells: Cells) -> dict[str, Any]:
        """What the product's first row says of it; raises BadCell."""
        values: dict[str, Any] = {"title": title_of(cells.get("title", ""))}
        readers = {"description": lambda value: text(value, "description", 50_000), "tags": tags_of}
        readers |= {"brand": lambda value: text(value, "brand", 100), "category": path_of}  # type: ignore[dict-item]
        for name, read in readers.items():
            if self.NAMES[name] in cells:
                values[name] = read(self.cell(cells, name))
        return values | self.state(cells)

    def state(self, cells: Cells) -> dict[str, Any]:
        values: dict[str, Any] = {"status": status_of(cells["status"])} if cells.get("status") else {}
        return values | (
            {"attributes": attributes_of(cells["attributes"])} if cells.get("attributes") else {}
        )

    def option_names(self, cells: Cells) -> list[str]:
        names = [cells.get(self.NAMES["option_name"].format(number), "") for number in (1, 2, 3)]
        if len(set(filter(None, names))) < len(list(filter(None, names))):
            raise BadCell("option1_name", "duplicate", "Two options have the same name.")
        return [text(name, "option1_name", 100) for name in names]

    def options(self, cells: Cells, names: list[str]) -> dict[str, str]:
        values = [cells.get(self.NAMES["option_value"].format(number), "") for number in (1, 2, 3)]
        pairs = {
            name: text(value, "option1_value", 100) for name, value in zip(names, values, strict=True) if name
        }
        if not all(pairs.values()):
            raise BadCell(
                "option1_value", "required", "A variant needs a value for each of its product's options."
            )
        return pairs

    def has_variant(self, cells: Cells) -> bool:
        return any(self.cell(cells, name) for name in ("sku", "price")) or bool(cells.get("option1_value"))

    def sku(self, cells: Cells) -> str:
        return self.cell(cells, "sku")

    def currency(self, cells: Cells) -> str:
        return cells.get("currency", "").upper() or settings.DEFAULT_CURRENCY

    def offer(self, cells: Cells) -> dict[str, Any]:
        currency, compare_at = self.currency(cells), self.cell(cells, "compare_at_price")
        return {
            "price": money(self.cell(cells, "price"), "price", currency),
            "compare_at_price": money(compare_at, "compare_at_price", currency) if compare_at else None,
            "weight_g": count(self.cell(cells, "weight_g"), "weight_g"),
            "barcode": text(self.cell(cells, "barcode"), "barcode", 64),
        }

    def stock(self, cells: Cells) -> int | None:
        return count(self.cell(cells, "stock"), "stock")

    def images(self, cells: Cells) -> int:
        return 0


class ShopifyColumns(Columns):
    """Shopify's product export: `Type` is the category, `Vendor` the brand, `Title / Default Title` no option."""

    REQUIRED = {"Handle", "Title", "Variant Price"}
    NAMES = {
        "description": "Body (HTML)", "brand": "Vendor", "tags": "Tags", "category": "Type",
        "sku": "Variant SKU", "price": "Variant Price", "compare_at_price": "Variant Compare At Price",
        "stock": "Variant Inventory Qty", "weight_g": "Variant Grams", "barcode": "Variant Barcode",
        "option_name": "Option{} Name", "option_value": "Option{} Value",
    }  # fmt: skip

    def handle(self, cells: Cells) -> str:
        return cells.get("Handle", "")

    def product(self, cells: Cells) -> dict[str, Any]:
        return super().product(cells | {"title": cells.get("Title", "")})

    def state(self, cells: Cells) -> dict[str, Any]:
        """`Status` where there is one; else what `Published` says."""
        if cells.get("Status"):
            return {"status": status_of(cells["Status"])}
        published = cells.get("Published", "").lower()
        return {"status": "active" if published == "true" else "draft"} if published else {}

    def option_names(self, cells: Cells) -> list[str]:
        names = super().option_names(cells)
        return (
            ["", *names[1:]]
            if names[0] == "Title" and cells.get("Option1 Value") == "Default Title"
            else names
        )

    def has_variant(self, cells: Cells) -> bool:
        """A row with nothing but a handle and a picture is a picture's."""
        return any(self.cell(cells, name) for name in ("sku", "price")) or bool(cells.get("Option1 Value"))

    def currency(self, cells: Cells) -> str:
        return settings.DEFAULT_CURRENCY

    def stock(self, cells: Cells) -> int | None:
        """Below zero is what Shopify writes of a shop that sold more than it had."""
        quantity = self.cell(cells, "stock")
        return 0 if quantity.startswith("-") and quantity[1:].isdecimal() else count(quantity, "stock")

    def offer(self, cells: Cells) -> dict[str, Any]:
        grams = self.cell(cells, "weight_g")
        return super().offer(cells | {"Variant Grams": grams.removesuffix(".0")})

    def images(self, cells: Cells) -> int:
        return bool(cells.get("Image Src"))


def attributes_of(value: str) -> dict[str, Any]:
    try:
        return AttributesField().run_validation(orjson.loads(value))
    except (orjson.JSONDecodeError, ValidationError):
        raise BadCell("attributes", "invalid_attributes", "Is no flat JSON object.") from None


FORMATS: dict[str, Columns] = {"shopify": ShopifyColumns(), "souk": Columns()}
