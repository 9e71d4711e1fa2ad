"""The OpenAPI document: whole for every operation, and its examples are what its schemas say."""

import re
import tomllib
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from config.openapi import METHODS
from config.openapi.tags import GROUPS, PATHS, TAGS
from config.tests.live import PROJECT

NEVER_SAID = {"Done.", ""}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_every_operation_says_what_it_is_who_may_and_how_it_refuses(document):
    unsaid = {
        name: operation for name, operation in operations(document).items()
        if not operation["summary"] or not operation["description"] or operation["tags"][0] not in TAGS
        or "security" not in operation
        or not {"400", "429", "503", "default"} <= operation["responses"].keys()
        or any(answer.get("description") in NEVER_SAID for answer in operation["responses"].values())
    }  # fmt: skip
    assert unsaid == {}
    titles = [(operation["tags"][0], operation["summary"]) for operation in operations(document).values()]
    assert len(titles) > 280
    assert set(TAGS) == {tag for tag, _ in titles} == {tag for tags in GROUPS.values() for tag in tags}
    assert set(PATHS.values()) == set(TAGS)


def test_who_needs_a_token_is_told(document):
    found = operations(document)
    assert found["GET /api/v1/products"]["security"] == [{"bearer": []}, {}]
    assert found["POST /api/v1/cart/items"]["security"] == [{"bearer": []}, {}]
    assert found["GET /api/v1/orders/{id}"]["security"] == [{"bearer": []}, {"orderToken": []}]
    assert found["GET /api/v1/me"]["security"] == [{"bearer": []}]
    assert found["POST /api/v1/auth/token"]["security"] == []
    with_order = {
        name for name, operation in found.items() if {"orderToken": []} in operation.get("security", [])
    }
    assert "POST /api/v1/returns/{id}/approve" not in with_order
    [exempt] = [
        each["include-path-regex"]
        for each in tomllib.loads((PROJECT / "schemathesis.toml").read_text())["operations"]
        if "ignored_auth" in each["checks"]
    ]
    # Those that anybody may call declare it, and the check knows.
    free = {name for name, operation in found.items() if {} in operation.get("security", [{}])}
    assert {name for name in found if re.search(exempt, name.split(" ")[1])} - free == with_order
    assert "401" in found["GET /api/v1/me"]["responses"]
    assert "401" not in found["POST /api/v1/auth/token"]["responses"]


def test_every_example_is_what_its_schema_says(document):
    wrong, seen = [], 0
    for name, operation in operations(document).items():
        asked = operation.get("requestBody", {}).get("content", {})
        for content in [asked, *(answer.get("content", {}) for answer in operation["responses"].values())]:
            for kind, body in content.items():
                if kind == "application/json" and body.get("schema"):
                    seen += 1
                    wrong += [f"{name}: {error.message}" for error in errors_in(document, body)]
    assert wrong == []
    assert seen > 300


def errors_in(document, body):
    schema = {**body["schema"], "components": document["components"]}
    return Draft202012Validator(schema).iter_errors(body["example"])


def test_money_is_one_schema_and_bodies_are_closed(document):
    schemas = document["components"]["schemas"]
    assert schemas["Order"]["properties"]["total"]["allOf"] == [{"$ref": "#/components/schemas/Money"}]
    assert "KWD" in schemas["Money"]["properties"]["currency"]["enum"]
    open_bodies = [
        name for name, schema in schemas.items()
        if name.endswith("Request") and schema.get("type") == "object" and "additionalProperties" not in schema
    ]  # fmt: skip
    assert open_bodies == []
