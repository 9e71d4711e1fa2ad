"""Money is one schema wherever it is used, so that generated clients have one type for it."""

from typing import Any

NAME = "Money"
REFERENCE = {"$ref": f"#/components/schemas/{NAME}"}


def share_money(document: dict[str, Any]) -> None:
    found: list[dict[str, Any]] = []
    document["paths"] = shared(document["paths"], found)
    document["components"]["schemas"] = shared(document["components"]["schemas"], found)
    if found:
        schema = {name: found[0][name] for name in ("required", "properties", "example")}
        text = "An amount in minor units: cents, of JPY yen, of KWD thousandths."
        document["components"]["schemas"][NAME] = {
            "type": "object", "description": text, **schema, "additionalProperties": False,
        }  # fmt: skip


def shared(node: Any, found: list[dict[str, Any]]) -> Any:
    """`node` with references in place of money; the schemas replaced are added to `found`."""
    if isinstance(node, list):
        return [shared(part, found) for part in node]
    if not isinstance(node, dict):
        return node
    if not is_money(node):
        return {name: shared(part, found) for name, part in node.items()}
    found.append(node)
    rest = {
        name: value for name, value in node.items()
        if name not in {"type", "required", "properties", "example"}
    }  # fmt: skip
    is_nullable = isinstance(node["type"], list)
    return (
        {"anyOf": [REFERENCE, {"type": "null"}]}
        if is_nullable
        else {"allOf": [REFERENCE]}
        if rest
        else REFERENCE
    ) | rest


def is_money(node: dict[str, Any]) -> bool:
    properties = node.get("properties")
    if not isinstance(properties, dict) or set(properties) != {"amount", "currency"} or "example" not in node:
        return False
    return properties["amount"].get("minimum") == 0  # amounts that may be negative keep their own schema
