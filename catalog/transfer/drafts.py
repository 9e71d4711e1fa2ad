"""A file's rows as drafts of products: read, grouped by handle, every complaint with its line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.errors import UnreadableFile
from catalog.services.products import MAX_VARIANTS, NewVariant
from catalog.transfer.cells import BadCell, restore, text
from catalog.transfer.formats import FORMATS, Columns

MAX_HANDLE = 96


@dataclass(slots=True)
class DraftVariant:
    """`has_sku`: the file gives it; else `sku` is made up, for a new variant only."""

    line: int
    sku: str
    has_sku: bool
    options: dict[str, str]
    offer: dict[str, Any]
    stock: int | None

    def as_new(self) -> NewVariant:
        return NewVariant(sku=self.sku, options=self.options, stock=self.stock or 0, **self.offer)


@dataclass(slots=True)
class Draft:
    """`values` has only what the file's columns say; `is_broken` when the product itself cannot be read."""

    handle: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    option_names: list[str] = field(default_factory=list)
    variants: list[DraftVariant] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    images: int = 0
    is_broken: bool = False

    def refuse(self, line: int, problem: BadCell) -> None:
        self.errors.append(
            {"line": line, "column": problem.column, "code": problem.code, "detail": problem.detail}
        )


@dataclass(frozen=True, slots=True)
class Row:
    """`is_ragged`: it has more cells than the header has names, so none can be trusted."""

    line: int
    cells: dict[str, str]
    is_ragged: bool = False


def format_of(content: bytes) -> str:
    """The file's format, by its columns; raises UnreadableFile."""
    names = [name for name in next(reader_of(content), []) if name]
    header = set(names)
    if twice := sorted(name for name in header if names.count(name) > 1):
        raise UnreadableFile(f"The header names a column twice: {', '.join(twice)}.")
    for name, columns in FORMATS.items():
        if header >= columns.REQUIRED:
            return name
    raise UnreadableFile


def decode(content: bytes) -> str:
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile from None
    if "\x00" in decoded:
        raise UnreadableFile
    return decoded


def reader_of(content: bytes) -> Any:
    """Strict: a quote that is never closed is an error, not a cell that swallows the rest of the file."""
    return csv.reader(io.StringIO(decode(content), newline=""), strict=True)


def read_rows(content: bytes) -> Iterator[Row]:
    """Rows with the line on which each begins; raises UnreadableFile where the CSV breaks off."""
    reader = reader_of(content)
    try:
        header = next(reader)
        line = reader.line_num + 1
        for values in reader:
            cells = {name: restore(value.strip()) for name, value in zip(header, values, strict=False)}
            if any(cells.values()):
                yield Row(line, cells, is_ragged=len(values) > len(header))
            line = reader.line_num + 1
    except csv.Error as problem:
        raise UnreadableFile(f"Line {reader.line_num}: {problem}.") from None


def read_drafts(content: bytes, format_: str) -> list[Draft]:
    """The file's products in their order; a handle's rows may lie apart."""
    columns = FORMATS[format_]
    groups: dict[str, list[Row]] = {}
    for row in read_rows(content):
        groups.setdefault(columns.handle(row.cells), []).append(row)
    return [draft_of(handle, rows, columns) for handle, rows in groups.items()]


def draft_of(handle: str, rows: list[Row], columns: Columns) -> Draft:
    draft = Draft(handle=handle, line=rows[0].line)
    for row in (row for row in rows if row.is_ragged):
        draft.refuse(
            row.line, BadCell("", "too_many_cells", "The row has more cells than the header has names.")
        )
    rows = [row for row in rows if not row.is_ragged]
    if not rows:
        draft.is_broken = True
        return draft
    try:
        check_handle(handle)
        draft.values = columns.product(rows[0].cells)
        draft.option_names = columns.option_names(rows[0].cells)
    except BadCell as problem:
        draft.refuse(rows[0].line, problem)
        draft.is_broken = True
        return draft
    draft.images = sum(columns.images(row.cells) for row in rows)
    read_variants(draft, rows, columns)
    return draft


def check_handle(handle: str) -> None:
    if not handle:
        raise BadCell("handle", "required", "Every row names its product by a handle.")
    text(handle, "handle", MAX_HANDLE)


def read_variants(draft: Draft, rows: list[Row], columns: Columns) -> None:
    """Adds each readable row; a blank SKU becomes `<handle>-<n>`, where n counts the product's variant rows."""
    offers = [row for row in rows if columns.has_variant(row.cells)]
    given = {columns.sku(row.cells) for row in offers}
    seen: dict[str, Any] = {"skus": set(), "options": [], "currency": None}
    for number, row in enumerate(offers, 1):
        try:
            add_variant(
                draft, row, columns, columns.sku(row.cells) or blank_sku(draft.handle, number, given), seen
            )
        except BadCell as problem:
            draft.refuse(row.line, problem)
    if not offers:
        draft.refuse(draft.line, BadCell("price", "required", "The product has no row with a price."))


def blank_sku(handle: str, number: int, given: set[str]) -> str:
    sku = f"{handle}-{number}"
    while sku in given:
        sku += "-x"
    return sku


def add_variant(draft: Draft, row: Row, columns: Columns, sku: str, seen: dict[str, Any]) -> None:
    text(sku, "sku", 100)
    variant = DraftVariant(
        line=row.line,
        sku=sku,
        has_sku=bool(columns.sku(row.cells)),
        options=columns.options(row.cells, draft.option_names),
        offer=columns.offer(row.cells),
        stock=columns.stock(row.cells),
    )
    currency = variant.offer["price"].currency
    if sku in seen["skus"]:
        raise BadCell("sku", "duplicate", f"{sku} is given twice.")
    if variant.options in seen["options"]:
        raise BadCell("options", "duplicate", "Another row of this product has these options.")
    if seen["currency"] not in (None, currency):
        raise BadCell("currency", "currency_mismatch", "All prices of a product are of one currency.")
    if len(draft.variants) >= MAX_VARIANTS:
        raise BadCell("handle", "too_many_variants", f"A product has at most {MAX_VARIANTS} variants.")
    seen["skus"].add(sku)
    seen["options"].append(variant.options)
    seen["currency"] = currency
    draft.variants.append(variant)
