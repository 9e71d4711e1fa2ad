"""`expand=seller,items.product`: shows related rows as full resources in place of their id or short form.

A view declares the possible paths in its rows, of at most two names: `expandable = {"seller": shown_shops}`. The
related rows of a whole page are read at once; one that the caller may not see keeps its id or short form.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field

from config.shared.actor import Actor
from config.shared.api.fields import IdField

# Loads those resources with these ids that the actor may see; the number of statements does not depend on the ids.
Load = Callable[[Actor, Collection[str]], Mapping[str, Any]]


def expand(rows: Sequence[Any], path: str, load: Load, actor: Actor) -> None:
    """Expands `path` in rows that are already serialized, in place."""
    *way, last = path.split(".")
    holders = list(below(rows, way))
    ids = {key for holder in holders if (key := id_of(holder.get(last)))}
    found = load(actor, ids) if ids else {}
    for holder in holders:
        if (key := id_of(holder.get(last))) in found:
            holder[last] = found[key]


def below(rows: Sequence[Any], way: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects that `way` leads to; rows that lack a member on the way (because of `fields=`) are skipped."""
    for row in rows:
        if not way:
            yield row
        elif inner := row.get(way[0]):
            yield from below(inner if isinstance(inner, list) else [inner], way[1:])


def id_of(value: Any) -> str:
    """The id in a short form, or the id itself; empty if there is none."""
    return (value["id"] if isinstance(value, dict) else value) or ""


def expandable_id(component: str) -> type[IdField]:
    """A field for an id that `expand=` replaces with the resource of this component."""
    choices = [{"type": "string"}, {"$ref": f"#/components/schemas/{component}"}]
    return extend_schema_field({"oneOf": choices})(type("ExpandableIdField", (IdField,), {}))
