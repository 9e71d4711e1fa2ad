"""Checks a product's attributes against the types that its category, or one above it, defines."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.models import AttributeType, Category
from config.shared.errors import invalid

Types = dict[str, AttributeType]


def types_of(category: Category | None) -> Types:
    """Name → type for the products of `category`: its own types and those of the categories above it."""
    return types_by_category([category]).get(category.pk, {}) if category else {}


def types_by_category(categories: Iterable[Category | None]) -> dict[int, Types]:
    """Category id → its types, in one statement for all of them."""
    wanted = {category.pk: category for category in categories if category is not None}
    paths = {path for category in wanted.values() for path in paths_above(category)}
    rows = AttributeType.objects.filter(category__path__in=paths).select_related("category")
    found = list(rows.order_by("category__path", "pk")) if paths else []
    return {pk: types_along(category, found) for pk, category in wanted.items()}


def paths_above(category: Category) -> list[str]:
    """The paths of the category and of those above it, topmost first."""
    return [category.path[:end] for end in range(Category.steplen, len(category.path) + 1, Category.steplen)]


def types_along(category: Category, types: Iterable[AttributeType]) -> Types:
    """Of two types with one name the lower one wins; `types` must be sorted by category path."""
    above = set(paths_above(category))
    by_key = {one.name.lower(): one for one in types if one.category.path in above}
    return {one.name: one for one in by_key.values()}


def check_attributes(attributes: Mapping[str, Any], types: Types) -> None:
    """Raises 400 at the first attribute that does not fit its type; an attribute without a type is free."""
    for name, kind in types.items():
        if kind.is_required and name not in attributes:
            raise invalid(f"attributes/{name}", "This category needs it.", "required")
        if name in attributes and (problem := problem_of(attributes[name], kind)):
            raise invalid(f"attributes/{name}", *problem)


def check_all_attributes(values: Sequence[Mapping[str, Any]]) -> None:
    """The same for new products, each given as its column values. Raises 400."""
    types = types_by_category(one.get("category") for one in values)
    for one in values:
        if category := one.get("category"):
            check_attributes(one.get("attributes", {}), types[category.pk])


def problem_of(value: Any, kind: AttributeType) -> tuple[str, str] | None:
    """What is wrong with a value, and a stable code; None if it fits."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind.kind:
        case AttributeType.Kind.NUMBER | AttributeType.Kind.UNIT if not is_number:
            return f"Must be a number{f' of {kind.unit}' if kind.unit else ''}.", "wrong_type"
        case AttributeType.Kind.BOOLEAN if not isinstance(value, bool):
            return "Must be true or false.", "wrong_type"
        case AttributeType.Kind.TEXT if not isinstance(value, str):
            return "Must be a text.", "wrong_type"
        case AttributeType.Kind.CHOICE if value not in kind.choices:
            return f"Must be one of {', '.join(kind.choices)}.", "invalid_choice"
    return None
