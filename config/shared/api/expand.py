"""`expand=seller,items.product`: related rows as their own resources, in place of the id or the short form.

A view declares which: `expandable = {"seller": shown_shops}`, by path in its rows, of two names at most. All of a page are
read at once, and what the caller may not see stays as it was.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field

from config.shared.actor import Actor
from config.shared.api.fields import IdField

# The resources of these ids that the actor may see, in as many statements for many as for one.
Load = Callable[[Actor, Collection[str]], Mapping[str, Any]]


def expand(rows: Sequence[Any], path: str, load: Load, actor: Actor) -> None:
    """In the rows, as they are shown."""
    *way, last = path.split(".")
    holders = list(below(rows, way))
    ids = {key for holder in holders if (key := id_of(holder.get(last)))}
    found = load(actor, ids) if ids else {}
    for holder in holders:
        if (key := id_of(holder.get(last))) in found:
            holder[last] = found[key]


def below(rows: Sequence[Any], way: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects that `way` leads to; what a row does not have (`fields=`) is left out."""
    for row in rows:
        if not way:
            yield row
        elif inner := row.get(way[0]):
            yield from below(inner if isinstance(inner, list) else [inner], way[1:])


def id_of(value: Any) -> str:
    """Of the short form, or of the id itself; empty where there is none."""
    return (value["id"] if isinstance(value, dict) else value) or ""


def expandable_id(component: str) -> type[IdField]:
    """The field of an id that `expand=` puts the resource of this name in place of."""
    choices = [{"type": "string"}, {"$ref": f"#/components/schemas/{component}"}]
    return extend_schema_field({"oneOf": choices})(type("ExpandableIdField", (IdField,), {}))
