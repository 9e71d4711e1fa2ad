"""The last step of the OpenAPI document, for what applies to all operations alike: `finish` is drf-spectacular's hook.

What concerns a single operation is declared at its view (`extend_schema`); `config.shared.api.schema` reads the views.
"""

from typing import Any

from config.openapi.conditional import compare_tags
from config.openapi.examples import give_examples
from config.openapi.money import share_money
from config.openapi.problems import RESPONSES, problems_of
from config.openapi.tags import GROUPS, TAGS, tag_of
from config.openapi.tidy import fill_parameters, forget_unused, page_lists, tidy
from config.openapi.titles import title_of

Document = dict[str, Any]
METHODS = {"get", "post", "patch", "put", "delete"}


def finish(result: Document, **_: Any) -> Document:
    components = result["components"]
    components["responses"] = RESPONSES
    components["schemas"]["Problem"].update(additionalProperties=True)
    close_requests(components["schemas"])
    result["paths"], components["schemas"] = tidy(result["paths"]), tidy(components["schemas"])
    share_money(result)
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    result["x-tagGroups"] = [{"name": name, "tags": tags} for name, tags in GROUPS.items()]
    for path, operations in result["paths"].items():
        for method in METHODS & operations.keys():
            finish_operation(path, method, operations[method])
            page_lists(operations[method], components["schemas"])
    forget_unused(result)
    give_examples(result)
    return result


def finish_operation(path: str, method: str, operation: Document) -> None:
    operation["tags"] = [tag_of(path)]
    if operation.get("security") == [{}]:
        operation["security"] = []  # the form that generators understand: none is needed
    compare_tags(path, method, operation)
    fill_parameters(operation)
    if method == "get" and "{product_id}" in path:
        operation["responses"]["301"] = {"description": MOVED}
    operation["summary"] = title_of(path, method, operation)
    operation.setdefault("description", f"{operation['summary']}.")
    for status, answer in operation["responses"].items():
        answer["description"] = answer.get("description") or MEANINGS.get(status, "Done.")
    operation["responses"] |= problems_of(path, method, operation)


MOVED = "A slug that the product had before: `Location` has the present path."
MEANINGS = {
    "200": "What was asked for, or what has become of it.",
    "201": "It was made.",
    "202": "Accepted: it is done in the background.",
    "204": "Done; there is nothing to say.",
    "301": "It has another address now: see `Location`.",
}


def close_requests(schemas: Document) -> None:
    """Bodies are strict: an unknown member is 400."""
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
