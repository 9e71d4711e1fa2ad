"""Turns the rows of a product into a draft; every error has its line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.services.currencies import Wanted
from catalog.services.offers import NewVariant, clash
from catalog.transfer.cells import BadCell, checked
from catalog.transfer.formats import Columns
from catalog.transfer.reading import Row

MAX_HANDLE = 96


@dataclass(slots=True)
class DraftVariant:
    """`has_sku`: the file gives the SKU; otherwise it is generated and used only for a new variant. `has_currency`: the
    row names a currency; otherwise its prices were read in the product's. `values` and `options` come from the file;
    `options` is None if it has no option columns.
    """

    line: int
    sku: str
    has_sku: bool
    has_currency: bool
    options: dict[str, str] | None
    values: dict[str, Any]
    stock: int | None
    prices: Wanted

    def as_new(self) -> NewVariant:
        return NewVariant(
            sku=self.sku,
            options=self.options or {},
            stock=max(self.stock or 0, 0),
            file_stock=self.stock,
            prices=[price for price in self.prices.values() if price is not None],
            **self.values,
        )


@dataclass(frozen=True, slots=True)
class DraftImage:
    line: int
    url: str
    alt: str


@dataclass(slots=True)
class Draft:
    """`values` holds only what the file has columns for; `is_broken` if the product itself cannot be read."""

    handle: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    option_names: list[str] = field(default_factory=list)
    variants: list[DraftVariant] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    images: dict[str, DraftImage] = field(default_factory=dict)  # by URL
    is_broken: bool = False

    def refuse(self, line: int, problem: BadCell) -> None:
        found = {"line": line, "column": problem.column, "code": problem.code, "detail": problem.detail}
        self.errors.append(found)


@dataclass(slots=True)
class Reader:
    """Reads the rows of a product into `draft`; `currency` applies to prices whose row names none."""

    draft: Draft
    columns: Columns
    names: Sequence[str]
    skus_given_before: Collection[int]
    currency: str
    offers: list[NewVariant] = field(default_factory=list)

    def cells(self, row: Row) -> dict[str, str]:
        return dict(zip(self.names, row.cells, strict=False))

    def whole_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Excludes rows with too many cells, since none of their cells can be trusted."""
        for row in rows:
            if len(row.cells) > len(self.names):
                problem = BadCell("", "too_many_cells", "The row has more cells than the header has names.")
                self.draft.refuse(row.line, problem)
        return [row for row in rows if len(row.cells) <= len(self.names)]

    def read_product(self, cells: dict[str, str]) -> None:
        check_handle(self.draft.handle)
        self.draft.values = self.columns.product(cells)
        self.draft.option_names = self.columns.option_names(cells)

    def read_images(self, rows: Sequence[Row]) -> None:
        """Each address once: Shopify repeats a picture on the row of each variant that uses it."""
        for row in rows:
            if image := self.columns.image(self.cells(row)):
                self.draft.images.setdefault(image[0], DraftImage(row.line, *image))

    def read_variants(self, rows: Sequence[Row]) -> None:
        """Adds each readable row; a blank SKU becomes `<handle>-<n>`, where n counts the product's variant rows."""
        offers = [(row, cells) for row in rows if self.columns.has_variant(cells := self.cells(row))]
        given = {self.columns.sku(cells) for _, cells in offers}
        for number, (row, cells) in enumerate(offers, 1):
            try:
                sku = self.columns.sku(cells) or blank_sku(self.draft.handle, number, given)
                self.add_variant(row, cells, sku)
            except BadCell as problem:
                self.draft.refuse(row.line, problem)
        if not offers:
            missing = BadCell("price", "required", "The product has no row with a price.")
            self.draft.refuse(self.draft.line, missing)

    def add_variant(self, row: Row, cells: dict[str, str], sku: str) -> None:
        if row.line in self.skus_given_before:
            raise BadCell("sku", "duplicate", f"{sku} is another product's further up.")
        has_options = self.columns.has_options(cells)
        currency = self.columns.currency(cells)
        values = self.columns.offer(cells, currency or self.currency)
        variant = DraftVariant(
            line=row.line,
            sku=checked(sku, "sku"),
            has_sku=bool(self.columns.sku(cells)),
            has_currency=bool(currency),
            options=self.columns.options(cells, self.draft.option_names) if has_options else None,
            values=values,
            stock=self.columns.stock(cells),
            prices=self.columns.prices(cells, values["price"]),
        )
        offer = variant.as_new()
        found = clash(offer, self.offers)
        if found and (has_options or found.field != "options"):
            raise BadCell(found.field, found.code, found.detail)
        self.offers.append(offer)
        self.draft.variants.append(variant)


def draft_of(
    handle: str, rows: Sequence[Row], names: Sequence[str], columns: Columns, *,
    skus_given_before: Collection[int] = (), currency: str, most: int,
) -> Draft:  # fmt: skip
    """The product with this handle. `skus_given_before` are lines whose SKU belongs to another product above; `currency`
    applies to prices whose row names none.
    """
    draft = Draft(handle=handle, line=rows[0].line)
    reader = Reader(draft, columns, names, skus_given_before, currency)
    whole = reader.whole_rows(rows)
    try:
        if len(rows) > most:
            raise BadCell("handle", "too_many_rows", f"A product has at most {most} rows.")
        if not whole:
            draft.is_broken = True
            return draft
        reader.read_product(reader.cells(whole[0]))
    except BadCell as problem:
        draft.refuse(rows[0].line, problem)
        draft.is_broken = True
        return draft
    reader.read_images(whole)
    reader.read_variants(whole)
    return draft


def check_handle(handle: str) -> None:
    if not handle:
        raise BadCell("handle", "required", "Every row names its product by a handle.")
    if len(handle) > MAX_HANDLE:
        raise BadCell("handle", "too_long", f"Has more than {MAX_HANDLE} characters.")


def blank_sku(handle: str, number: int, given: Collection[str]) -> str:
    sku = f"{handle}-{number}"
    while sku in given:
        sku += "-x"
    return sku
