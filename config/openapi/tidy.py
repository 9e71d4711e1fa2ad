"""Rewrites awkward output of the generator for the tools that read the document."""

from typing import Any

from config.shared.api.params import MAY_BE_BLANK

PAGE = {"next": {"type": ["string", "null"]}, "previous": {"type": ["string", "null"]}}


def tidy(node: Any) -> Any:
    """`oneOf` requires exactly one match, but null matches every nullable choice: `anyOf` is what is meant."""
    if isinstance(node, list):
        return [tidy(part) for part in node]
    if not isinstance(node, dict):
        return node
    node = {name: tidy(part) for name, part in node.items()}
    if "oneOf" in node:
        choices = [choice for choice in node.pop("oneOf") if choice]
        distinct = [choice for index, choice in enumerate(choices) if choice not in choices[:index]]
        node |= {"anyOf": distinct} if any(choice != {"type": "null"} for choice in distinct) else {}
    return node


def page_lists(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Makes every list a page, even one that always fits on a page; a serializer may be the page itself."""
    for answer in operation["responses"].values():
        body = answer.get("content", {}).get("application/json", {})
        if body.get("schema", {}).get("type") == "array":
            body["schema"] = page_of(body["schema"], schemas)


def fill_parameters(operation: dict[str, Any]) -> None:
    """Query parameters must not be empty, except for the few that may be blank, and attributes."""
    for parameter in operation.get("parameters", []):
        schema = parameter.get("schema", {})
        is_text = schema.get("type") == "string" and "enum" not in schema
        may_be_blank = parameter["name"] in MAY_BE_BLANK or parameter["name"].startswith("attr.")
        if parameter["in"] == "query" and is_text and not may_be_blank:
            schema.setdefault("minLength", 1)


def page_of(rows: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    row = rows["items"]
    if "results" in schemas.get(row.get("$ref", "").rpartition("/")[2], {}).get("properties", {}):
        return row
    properties = {"results": rows, **PAGE}
    return {"type": "object", "required": [*properties], "properties": properties}


def forget_unused(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    while unused := set(schemas) - references(
        [document["paths"], schemas, document["components"]["responses"]]
    ):
        for name in unused:
            del schemas[name]


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for part in node for name in references(part)}
    if not isinstance(node, dict):
        return set()
    found = {name for part in node.values() for name in references(part)}
    own = node.get("$ref", "")
    return found | ({own.rpartition("/")[2]} if isinstance(own, str) and "/schemas/" in own else set())
