"""The shop's products as CSV, streamed a page of products at a time."""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Prefetch

from catalog.models import Category, Product, Variant, VariantPrice
from catalog.transfer.cells import decimal, defuse
from catalog.transfer.formats import COUNTS, PATH_SEPARATOR
from config.shared.encoding import to_json
from config.shared.money import Money
from config.shared.postgres.replica import for_reports

PAGE = 200
SOUK = [
    "handle", "title", "description", "category", "brand", "tags", "status",
    "option1_name", "option1_value", "option2_name", "option2_value", "option3_name", "option3_value",
    "sku", "price", "currency", "compare_at_price", "stock", "weight_g", "barcode", "attributes",
    "seo_title", "seo_description", "length_mm", "width_mm", "height_mm",
]  # fmt: skip
SHOPIFY = {
    "Handle": "handle", "Title": "title", "Body (HTML)": "description", "Vendor": "brand", "Type": "category",
    "Tags": "tags", "Published": "published", "Option1 Name": "option1_name", "Option1 Value": "option1_value",
    "Option2 Name": "option2_name", "Option2 Value": "option2_value", "Option3 Name": "option3_name",
    "Option3 Value": "option3_value", "Variant SKU": "sku", "Variant Grams": "weight_g",
    "Variant Inventory Qty": "stock", "Variant Price": "price", "Variant Compare At Price": "compare_at_price",
    "Variant Barcode": "barcode", "Status": "status",
    "SEO Title": "seo_title", "SEO Description": "seo_description",
}  # fmt: skip


class Echo:
    """A file for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


def export_csv(*, seller_id: int, format_: str) -> Iterator[str]:
    """Yields lines; reads from the replica if there is one."""
    writer, database = csv.writer(Echo()), for_reports()
    columns = list(SHOPIFY) if format_ == "shopify" else [*SOUK, *price_columns(seller_id, database)]
    yield writer.writerow(columns)  # type: ignore[misc]
    paths = category_paths(database)
    shape: Callable[[dict[str, Any]], dict[str, Any]] = as_shopify if format_ == "shopify" else dict
    for product in products_of(seller_id, database):
        for row in map(shape, rows_of(product, paths)):
            yield writer.writerow([defuse(str(row.get(column, ""))) for column in columns])  # type: ignore[misc]


def price_columns(seller_id: int, database: str) -> Iterator[str]:
    """Two columns for each further currency of the shop."""
    prices = VariantPrice.objects.using(database).filter(
        product__seller=seller_id, variant__is_archived=False
    )
    for currency in prices.order_by("currency").values_list("currency", flat=True).distinct():
        yield from (f"price_{currency.lower()}", f"compare_at_price_{currency.lower()}")


def products_of(seller_id: int, database: str) -> Iterator[Product]:
    last = 0
    stocked = Variant.objects.live().prefetch_related("levels", "prices")
    rows = Product.objects.using(database).filter(seller_id=seller_id).select_related("brand").order_by("pk")
    rows = rows.prefetch_related(Prefetch("variants", stocked, to_attr="live_variants"))
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        yield from page
        last = page[-1].pk


def category_paths(database: str) -> dict[int, str]:
    """Category id → its names from the top down."""
    names: dict[str, str] = {}
    paths: dict[int, str] = {}
    for category in Category.objects.using(database).all():
        above = names.get(category.path[: -Category.steplen])
        names[category.path] = f"{above}{PATH_SEPARATOR}{category.name}" if above else category.name
        paths[category.pk] = names[category.path]
    return paths


def rows_of(product: Product, paths: dict[int, str]) -> Iterable[dict[str, Any]]:
    """One row per variant; the first also describes the product."""
    head = {
        "title": product.title,
        "description": product.description,
        "category": paths.get(product.category_id or 0, ""),
        "brand": product.brand.name if product.brand else "",
        "tags": ", ".join(product.tags),
        "status": product.status,
        "seo_title": product.seo_title,
        "seo_description": product.seo_description,
        "attributes": to_json(product.attributes).decode() if product.attributes else "",
        **{f"option{number}_name": name for number, name in enumerate(product.option_names, 1)},
    }
    for variant in product.live_variants:  # type: ignore[attr-defined]
        yield {"handle": product.handle, **head, **variant_cells(variant, product.option_names)}
        head = {}


def variant_cells(variant: Variant, names: list[str]) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "price": decimal(variant.regular_price),
        "currency": variant.currency,
        "compare_at_price": maybe_decimal(variant.compare_at_price),
        "stock": sum(level.on_hand for level in variant.levels.all()),
        **{name: blank_if_none(getattr(variant, name)) for name in COUNTS},
        "barcode": variant.barcode,
        **further_cells(variant),
        **{f"option{number}_value": variant.options.get(name, "") for number, name in enumerate(names, 1)},
    }


def further_cells(variant: Variant) -> dict[str, str]:
    cells = {}
    for price in variant.prices.all():
        name = f"price_{price.currency.lower()}"
        cells[name] = decimal(price.regular_price)
        cells[f"compare_at_{name}"] = maybe_decimal(price.compare_at_price)
    return cells


def blank_if_none(value: int | None) -> int | str:
    return "" if value is None else value


def maybe_decimal(money: Money | None) -> str:
    return "" if money is None else decimal(money)


def as_shopify(row: dict[str, Any]) -> dict[str, Any]:
    row = dict(row)
    if "status" in row:
        row["published"] = "true" if row["status"] == Product.Status.ACTIVE else "false"
    if not row.get("option1_value"):
        row |= {"option1_value": "Default Title"} | ({"option1_name": "Title"} if "title" in row else {})
    return {name: row.get(key, "") for name, key in SHOPIFY.items()}
