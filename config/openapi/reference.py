"""`docs/reference.md`, generated from the declarations in the code. A test compares the page with this."""

import importlib
from collections.abc import Iterator
from typing import Any

from django.core.management import get_commands, load_command_class
from drf_spectacular.generators import SchemaGenerator

from config.openapi import METHODS
from config.openapi.tags import GROUPS, PREFIX
from config.shared.errors import Problem
from config.shared.events.declared import told_types

APPS = ("accounts", "catalog", "config", "orders", "payments", "social")
HEAD = """# Reference

Made by `make reference` from the code; a test says when it is old. Operations in full are at `/api/docs`, the payloads of events in
`/asyncapi.yaml`, settings in [.env.example](../.env.example).
"""
PAGES = """## Pages

| path | what |
| --- | --- |
| `/` | links to all of these |
| `/api/v1` | the API's root: addresses, version, Stripe's publishable key |
| `/api/docs`, `/api/redoc`, `/api/schema` | Swagger UI, ReDoc, the OpenAPI document |
| `/asyncapi.yaml`, `/console` | the live side: its document, and a page to try it |
| `/admin/` | the back office |
| `/healthz`, `/readyz`, `/metrics` | a process lives; PostgreSQL, Redis and migrations are right; figures for Prometheus |
| `/media/`, `/static/` | pictures (where no proxy or bucket serves them), the pages' own files |
| `/dev/mail` | the mails that were sent; in the embedded default alone |
| `/ws/v1/orders`, `/ws/v1/inventory`, `/ws/v1/notifications` | websockets, on `WS_PORT` |
"""


def written() -> str:
    document = SchemaGenerator().get_schema(request=None, public=True)
    parts = [HEAD, operations(document), expansions(document), PAGES, commands(), events(), codes()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def table(title: str, head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [f"## {title}", "", line(head), line(("---",) * len(head)), *(line(row) for row in rows)]
    return "\n".join(lines)


def line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def operations(document: dict[str, Any]) -> str:
    by_tag: dict[str, list[tuple[str, str]]] = {}
    for path, item in document["paths"].items():
        for method in sorted(METHODS & item.keys()):
            name = f"`{method.upper()} {path.removeprefix(PREFIX) or '/'}`"
            by_tag.setdefault(item[method]["tags"][0], []).append((name, item[method]["summary"]))
    parts = ["## Operations\n\nBelow `/api/v1`.\n"]
    for group, tags in GROUPS.items():
        parts.append(f"### {group}\n\n| operation | what |\n| --- | --- |")
        parts += [line(row) for tag in tags for row in by_tag[tag]]
        parts.append("")
    return "\n".join(parts)


def expansions(document: dict[str, Any]) -> str:
    """The names that reads accept in `expand=`; reads with the same names share a row."""
    reads: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for parameter in item.get("get", {}).get("parameters", ()):
            if parameter["name"] == "expand":
                names = ", ".join(f"`{name}`" for name in parameter["schema"]["items"]["enum"])
                reads.setdefault(names, []).append(f"`{path.removeprefix(PREFIX)}`")
    rows = ((names, ", ".join(paths)) for names, paths in reads.items())
    return table("Expansions", ("`expand=`", "reads"), rows)


def commands() -> str:
    ours = {name: app for name, app in get_commands().items() if app.split(".")[0] in APPS}
    rows = ((f"`manage.py {name}`", help_of(app, name)) for name, app in sorted(ours.items()))
    return table("Commands", ("command", "what"), rows)


def help_of(app: str, name: str) -> str:
    return " ".join(str(load_command_class(app, name).help).split()).replace("%%", "%")


def events() -> str:
    ours = ((name, event) for name, event in sorted(told_types().items()) if not name.startswith("test."))
    rows = ((f"`{name}`", event.stream or "webhooks", told(event)) for name, event in ours)
    return table("Events", ("type", "socket", "what"), rows)


def told(event: Any) -> str:
    text = " ".join((event.__doc__ or "").split())
    return "" if text.startswith(f"{event.__name__}(") else text


def codes() -> str:
    """Stable codes of refusals; codes for a single field of the body are in `errors`."""
    for declaring in (*(f"{app}.errors" for app in APPS[:2] + APPS[3:]), "config.gate"):
        importlib.import_module(declaring)
    found: dict[tuple[str, int], type[Problem]] = {}
    for problem in subclasses(Problem):
        found.setdefault((problem.code, problem.status_code), problem)  # base classes come first
    rows = (
        (f"`{code}`", str(status), str(problem.detail))
        for (code, status), problem in sorted(found.items())
        if code != "invalid" and not problem.__module__.startswith("config.tests")
    )
    return table("Error codes", ("code", "status", "what"), rows)


def subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield from kind.__subclasses__()
    for below in kind.__subclasses__():
        yield from subclasses(below)
