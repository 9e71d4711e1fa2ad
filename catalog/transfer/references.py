"""Categories and brands that a file names, created if missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.models import Brand, Category
from catalog.services.attributes import Types, types_by_category
from catalog.services.taxonomy import brand_named, category_at
from catalog.transfer.drafts import Draft


@dataclass(frozen=True, slots=True)
class References:
    """Rows by their name in the file; names are matched regardless of case."""

    categories: dict[tuple[str, ...], Category | None]
    brands: dict[str, Brand]
    types: dict[int, Types]

    def types_of(self, category: Category | None) -> Types:
        return self.types.get(category.pk, {}) if category is not None else {}

    def of(self, values: dict[str, Any]) -> dict[str, Any]:
        """A draft's values with names replaced by rows."""
        values = dict(values)
        if "category" in values:
            values["category"] = self.categories[path_key(values["category"])]
        if "brand" in values:
            values["brand"] = self.brands[values["brand"].lower()] if values["brand"] else None
        return values


def path_key(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in path)


def references_of(drafts: Iterable[Draft]) -> References:
    """Needs a transaction. Creates in sorted order, so that two imports cannot deadlock."""
    paths = {path_key(path): path for draft in drafts if (path := draft.values.get("category")) is not None}
    names = {name.lower(): name for draft in drafts if (name := draft.values.get("brand"))}
    categories = {key: category_at(path=paths[key]) for key in sorted(paths)}
    brands = {key: brand_named(name=names[key]) for key in sorted(names)}
    return References(categories, brands, types_by_category(categories.values()))
