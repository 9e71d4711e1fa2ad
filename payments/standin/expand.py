"""`expand[]`: replaces an id by the object itself, along a dotted path, at most four levels deep."""

from typing import Any

from .errors import invalid
from .events import public
from .lists import as_list
from .store import Object, Store

MAXIMUM_DEPTH = 4

# Lists that an object contains only on request: kind of the items, field that points back, address of the list.
INCLUDABLE = {
    ("charge", "refunds"): ("refund", "charge", "/v1/charges/{}/refunds"),
    ("checkout.session", "line_items"): ("item", "_session", "/v1/checkout/sessions/{}/line_items"),
}


def expand(store: Store, body: Object, paths: list[str]) -> Object:
    for path in paths:
        levels = path.split(".")
        if len(levels) > MAXIMUM_DEPTH:
            raise invalid(
                f"You cannot expand more than {MAXIMUM_DEPTH} levels of a property. Property: {path}"
            )
        _descend(store, body, levels, path)
    return body


def _descend(store: Store, holder: Object, levels: list[str], path: str) -> None:
    name, *rest = levels
    value = holder[name] = _expanded(store, holder, name, path)
    for child in value if isinstance(value, list) else [value]:
        if rest and isinstance(child, dict):
            _descend(store, child, rest, path)


def _expanded(store: Store, holder: Object, name: str, path: str) -> Any:
    if included := INCLUDABLE.get((holder.get("object", ""), name)):
        kind, link, url = included
        account = store.account_of(holder["id"])
        found, has_more = store.page(kind, account, where={link: holder["id"]})
        return as_list(found, url.format(holder["id"]), has_more=has_more)
    value = holder.get(name)
    if name in holder and not isinstance(value, str):
        return value
    expanded = store.find(value) if value else None
    if expanded is None:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand[0]")
    return public(expanded)
