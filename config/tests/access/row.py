from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.tests.access.routes import Act, shape_of

# Customer, seller and suspended own what the table's paths name; the others are strangers to it.
CALLERS = ("guest", "customer", "other", "seller", "rival", "suspended", "admin")


@dataclass(frozen=True)
class Row:
    """A route, a method, and the status that each caller gets.

    `{name}` in path, body and headers stands for an entry of the world. `upload` names the member of a multipart
    body that is a file.
    """

    method: str
    path: str
    expected: Mapping[str, int]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    upload: str = ""

    @property
    def act(self) -> Act:
        return self.method, shape_of(self.path)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def takes_json(self) -> bool:
        return self.method in {"POST", "PATCH"} and not self.upload

    @property
    def allowed(self) -> list[str]:
        """Who may, the least privileged first: a customer before a seller before an admin."""
        return [name for name in CALLERS if self.expected[name] < 400]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def row(
    route: str,
    statuses: str,
    /,
    *,
    headers: Mapping[str, str] | None = None,
    upload: str = "",
    **body: Any,
) -> Row:
    """`row("PATCH me/addresses/{address}", "401 200 404 404 404 404 404", city="York")`, in the order of CALLERS."""
    method, path = route.split()
    expected = dict(zip(CALLERS, map(int, statuses.split()), strict=True))
    return Row(method, path.lstrip("/"), expected, body or None, headers or {}, upload)
