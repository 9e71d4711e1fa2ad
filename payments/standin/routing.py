"""The routing table, and the two routes that nearly every resource has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from . import objects
from .call import Call
from .lists import list_of_page
from .params import Converter, Spec, integer, text, time_range
from .store import Object

Handler = Callable[[Call], Object]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has `{}` for an id; `accepts` names every parameter except `expand`, which all calls accept."""

    method: str
    path: str
    handler: Handler
    accepts: Spec = field(default_factory=dict)
    requires: tuple[str, ...] = ()


def retrieving(path: str, kind: str) -> Route:
    def retrieve(call: Call) -> Object:
        return objects.get(call, kind, call.id)

    return Route("GET", path, retrieve)


def listing(path: str, kind: str, **filters: Converter) -> Route:
    """Lists the account's objects, newest first; each filter is a top-level field."""

    def list_objects(call: Call) -> Object:
        return list_of_page(call, kind, path, where=call.given(*filters))

    return Route("GET", path, list_objects, {**PAGING, "created": time_range, **filters})


PAGING: Mapping[str, Converter] = {"limit": integer, "starting_after": text, "ending_before": text}


class Router:
    """Finds the route of a path: a segment that is not a word of the table is an id."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {(route.method, *_segments(route.path)): route for route in routes}
        self._words = {word for key in self._routes for word in key[1:]} - {"{}"}

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        segments = _segments(path)
        route = self._routes.get((method, *(word if word in self._words else "{}" for word in segments)))
        return (route, tuple(word for word in segments if word not in self._words)) if route else None


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")
