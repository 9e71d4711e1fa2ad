"""The columns of the two formats, and how to read a row of each."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson

from catalog.models import Product
from catalog.services.currencies import FurtherPrice
from catalog.transfer.cells import BadCell, checked, count, money
from config.shared.money import CURRENCIES, Money

Cells = dict[str, str]
PATH_SEPARATOR = " > "
STATUSES = set(Product.Status.values)
MAX_DEPTH = 20  # of the category tree


def path_of(value: str) -> list[str]:
    """`Clothing > Shirts` as names from the top down."""
    names = [checked(name.strip(), "category_name", "category") for name in value.split(">") if name.strip()]
    if len(names) > MAX_DEPTH:
        raise BadCell("category", "too_deep", f"A category lies at most {MAX_DEPTH} deep.")
    return names


def tags_of(value: str) -> list[str]:
    return checked([tag.strip() for tag in value.split(",") if tag.strip()], "tags")


def status_of(value: str) -> str:
    if value.lower() not in STATUSES:
        raise BadCell("status", "invalid_status", f"{value[:50]!r} is none of {', '.join(sorted(STATUSES))}.")
    return value.lower()


def title_of(value: str) -> str:
    if not value:
        raise BadCell("title", "required", "A product needs a title in its first row.")
    return checked(value, "title")


def attributes_of(value: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(value) if value else {}
    except orjson.JSONDecodeError:
        raise BadCell("attributes", "invalid_attributes", "Is no flat JSON object.") from None
    return checked(parsed, "attributes")


READERS: dict[str, Callable[[str], Any]] = {
    "description": lambda value: checked(value, "description"),
    "tags": tags_of,
    "brand": lambda value: value and checked(value, "brand_name", "brand"),
    "category": path_of,
    "attributes": attributes_of,
    "seo_title": lambda value: checked(value, "seo_title"),
    "seo_description": lambda value: checked(value, "seo_description"),
}
COUNTS = ("weight_g", "length_mm", "width_mm", "height_mm")


@lru_cache(8)
def further_currencies(names: tuple[str, ...]) -> tuple[str, ...]:
    """The currencies of columns such as `price_eur`."""
    codes = [name.removeprefix("price_").upper() for name in names if name.startswith("price_")]
    return tuple(code for code in codes if code in CURRENCIES)


class Columns:
    """Souk's own columns. Values without a column in the file stay unchanged."""

    REQUIRED = {"handle", "title", "price"}
    NAMES = {
        "description": "description", "brand": "brand", "tags": "tags", "category": "category", "attributes": "attributes",
        "seo_title": "seo_title", "seo_description": "seo_description",
        "length_mm": "length_mm", "width_mm": "width_mm", "height_mm": "height_mm",
        "sku": "sku", "price": "price", "compare_at_price": "compare_at_price", "stock": "stock",
        "weight_g": "weight_g", "barcode": "barcode", "option_name": "option{}_name", "option_value": "option{}_value",
        "image_url": "image_url", "image_alt": "image_alt",
    }  # fmt: skip

    def cell(self, cells: Cells, name: str) -> str:
        return cells.get(self.NAMES[name], "")

    def has(self, cells: Cells, name: str) -> bool:
        return self.NAMES.get(name) in cells

    def handle(self, cells: Cells) -> str:
        return cells.get("handle", "")

    def product(self, cells: Cells) -> dict[str, Any]:
        """The product's values from its first row; raises BadCell."""
        values: dict[str, Any] = {"title": title_of(cells.get("title", ""))}
        for name, read in READERS.items():
            if self.has(cells, name):
                values[name] = read(self.cell(cells, name))
        return values | self.state(cells)

    def state(self, cells: Cells) -> dict[str, Any]:
        return {"status": status_of(cells["status"])} if cells.get("status") else {}

    def has_options(self, cells: Cells) -> bool:
        return self.NAMES["option_name"].format(1) in cells

    def option_names(self, cells: Cells) -> list[str]:
        names = [cells.get(self.NAMES["option_name"].format(number), "") for number in (1, 2, 3)]
        if len(set(filter(None, names))) < len(list(filter(None, names))):
            raise BadCell("option1_name", "duplicate", "Two options have the same name.")
        return names

    def options(self, cells: Cells, names: list[str]) -> dict[str, str]:
        values = [cells.get(self.NAMES["option_value"].format(number), "") for number in (1, 2, 3)]
        pairs = {name: value for name, value in zip(names, values, strict=True) if name}
        if not all(pairs.values()):
            raise BadCell(
                "option1_value", "required", "A variant needs a value for each of its product's options."
            )
        return checked(pairs, "options", "option1_value")

    def has_variant(self, cells: Cells) -> bool:
        return any(self.cell(cells, name) for name in ("sku", "price")) or bool(cells.get("option1_value"))

    def sku(self, cells: Cells) -> str:
        return self.cell(cells, "sku")

    def currency(self, cells: Cells) -> str:
        """Empty if the row names none."""
        return cells.get("currency", "").upper()

    def offer(self, cells: Cells, currency: str) -> dict[str, Any]:
        """The variant's values from its row, prices read in `currency`; raises BadCell."""
        values: dict[str, Any] = {"price": money(self.cell(cells, "price"), "price", currency)}
        if self.has(cells, "compare_at_price"):
            compare_at = self.cell(cells, "compare_at_price")
            values["compare_at_price"] = (
                money(compare_at, "compare_at_price", currency) if compare_at else None
            )
        for name in COUNTS:
            if self.has(cells, name):
                values[name] = count(self.number(cells, name), name)
        if self.has(cells, "barcode"):
            values["barcode"] = checked(self.cell(cells, "barcode"), "barcode")
        return values

    def prices(self, cells: Cells, own: Money) -> dict[str, FurtherPrice | None]:
        """Prices in further currencies from `price_eur` and the like; an empty cell removes the price."""
        return {
            currency: self.price_in(cells, currency, own)
            for currency in further_currencies(tuple(cells))
            if currency != own.currency or cells[f"price_{currency.lower()}"]
        }

    def price_in(self, cells: Cells, currency: str, own: Money) -> FurtherPrice | None:
        name = f"price_{currency.lower()}"
        if not cells[name]:
            return None
        compare_at = cells.get(f"compare_at_{name}", "")
        price = money(cells[name], name, currency)
        if currency == own.currency:
            raise BadCell(name, "duplicate", "The price in this currency stands in the column price.")
        return FurtherPrice(
            price=price,
            compare_at_price=money(compare_at, f"compare_at_{name}", currency) if compare_at else None,
            has_sale=False,
        )

    def number(self, cells: Cells, name: str) -> str:
        return self.cell(cells, name)

    def stock(self, cells: Cells) -> int | None:
        """A negative number means units owed."""
        text = self.cell(cells, "stock")
        found = count(text.removeprefix("-"), "stock")
        return -found if found and text.startswith("-") else found

    def image(self, cells: Cells) -> tuple[str, str] | None:
        """URL and alt text of the picture in the row."""
        url = self.cell(cells, "image_url")
        return (url, self.cell(cells, "image_alt")[:255]) if url else None


class ShopifyColumns(Columns):
    """Shopify's product export: `Type` is the category, `Vendor` the brand; `Title / Default Title` means no option."""

    REQUIRED = {"Handle", "Title", "Variant Price"}
    NAMES = {
        "description": "Body (HTML)", "brand": "Vendor", "tags": "Tags", "category": "Type",
        "seo_title": "SEO Title", "seo_description": "SEO Description",
        "sku": "Variant SKU", "price": "Variant Price", "compare_at_price": "Variant Compare At Price",
        "stock": "Variant Inventory Qty", "weight_g": "Variant Grams", "barcode": "Variant Barcode",
        "option_name": "Option{} Name", "option_value": "Option{} Value",
        "image_url": "Image Src", "image_alt": "Image Alt Text",
    }  # fmt: skip

    def handle(self, cells: Cells) -> str:
        return cells.get("Handle", "")

    def product(self, cells: Cells) -> dict[str, Any]:
        return super().product(cells | {"title": cells.get("Title", "")})

    def state(self, cells: Cells) -> dict[str, Any]:
        """From `Status` if present, else from `Published`."""
        if cells.get("Status"):
            return {"status": status_of(cells["Status"])}
        published = cells.get("Published", "").lower()
        return {"status": "active" if published == "true" else "draft"} if published else {}

    def option_names(self, cells: Cells) -> list[str]:
        names = super().option_names(cells)
        is_default = names[0] == "Title" and cells.get("Option1 Value") == "Default Title"
        return ["", *names[1:]] if is_default else names

    def has_variant(self, cells: Cells) -> bool:
        """False for a row with nothing but a handle and a picture."""
        return any(self.cell(cells, name) for name in ("sku", "price")) or bool(cells.get("Option1 Value"))

    def currency(self, cells: Cells) -> str:
        """Empty: Shopify's files name no currency, since each comes from a shop with a single one."""
        return ""

    def number(self, cells: Cells, name: str) -> str:
        return super().number(cells, name).removesuffix(".0")

    def stock(self, cells: Cells) -> int | None:
        """Accepts negative numbers: Shopify writes them for a shop that oversold."""
        quantity = self.cell(cells, "stock")
        return 0 if quantity.startswith("-") and quantity[1:].isdecimal() else count(quantity, "stock")


FORMATS: dict[str, Columns] = {"shopify": ShopifyColumns(), "souk": Columns()}
