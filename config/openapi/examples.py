"""An example for every body, generated from its schema, with plausible values for known names.

Enumerations, money and references supply their own; a test validates each example against its schema.
"""

from typing import Any

NAMED: dict[str, Any] = {
    "access": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
    "access_token": "b3JkZXI6Nw.3f9c2a",
    "account": "seller:3",
    "alt": "The camera from the front",
    "barcode": "4006381333931",
    "body": "Sharp lens, and it came a day early.",
    "brand": "northlight",
    "carrier": "DHL",
    "category": "cameras",
    "city": "Berlin",
    "client_secret": "pi_3Qx_secret_9aF",
    "code": "WELCOME10",
    "country": "DE",
    "currency": "USD",
    "current_password": "souk-demo-pass",
    "cursor": "1042",
    "description": "35 mm, with a fast lens.",
    "detail": "There is one like this already.",
    "email": "ada@example.com",
    "file": "products.csv",
    "filename": "products.csv",
    "id": "7",
    "line1": "Karl-Marx-Allee 1",
    "line2": "3rd floor",
    "method": "card",
    "name": "Ada Lovelace",
    "new_password": "a-longer-password-2",
    "next": "/api/v1/products?cursor=eyJpZCI6N30&limit=20",
    "note": "Ring twice.",
    "number": "SK-7F3K2Q",
    "password": "souk-demo-pass",
    "payment_method": "pm_card_visa",
    "phone": "+49 30 901820",
    "postal_code": "10178",
    "postal_prefixe": "101",
    "previous": None,
    "provider_reference": "pi_3QxA2eZvKYlo2C",
    "q": "camera",
    "quantity": 2,
    "rate": "0.19",
    "reason": "It arrived damaged.",
    "refresh": "eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiI3In0.c2lnbmF0dXJl",
    "region": "BE",
    "return_url": "https://shop.example.com/paid",
    "sku": "CAM-35-BLK",
    "slug": "compact-film-camera",
    "text": "Does it take 120 film, too?",
    "ticket": "q6fJ0mVw7Yt3",
    "title": "Compact Film Camera",
    "token": "Mg.c3tq5x.AbCdEf",
    "tracking_number": "JD014600003234567890",
    "url": "https://shop.example.com/hooks/souk",
    "user_agent": "Mozilla/5.0",
    "value": 10,
    "variant": "111",
}
FORMATS = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "email": "ada@example.com",
    "uri": "https://shop.example.com/page",
    "uri-reference": "/media/products/7.webp",
    "uuid": "0b8cbb5a-3c4f-4ec5-a7e1-d2a7b9c3f1de",
    "binary": "(bytes)",
    "decimal": "0.1",
}
DEEPEST = 14
Schema = dict[str, Any]


def give_examples(document: dict[str, Any]) -> None:
    maker = Maker(document["components"]["schemas"])
    for operations in document["paths"].values():
        for operation in operations.values():
            for content in bodies_of(operation):
                if "example" not in content and "examples" not in content and content.get("schema"):
                    content["example"] = maker.make(content["schema"])


def bodies_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The contents of the request and of its successful responses, except for files."""
    asked = operation.get("requestBody", {}).get("content", {})
    given = [answer.get("content", {}) for answer in operation["responses"].values()]
    contents = [asked, *given]
    return [body for content in contents for kind, body in content.items() if kind == "application/json"]


class Maker:
    def __init__(self, schemas: dict[str, Schema]) -> None:
        self.schemas = schemas

    def make(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        for known in ("example", "const", "default"):
            if known in schema:
                return schema[known]
        if "enum" in schema:
            return schema["enum"][0]
        if "$ref" in schema:
            return self.make(self.schemas[schema["$ref"].rpartition("/")[2]], name, depth + 1)
        for joined in ("allOf", "oneOf", "anyOf"):
            if joined in schema:
                return self.make(schema[joined][0], name, depth)
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        return getattr(self, f"make_{kind}", self.make_nothing)(schema, name, depth)

    def make_object(self, schema: Schema, name: str, depth: int) -> Any:
        if depth > DEEPEST:
            return {}
        made = {
            part: self.make(inner, part, depth + 1)
            for part, inner in schema.get("properties", {}).items()
            if not inner.get("writeOnly") or schema.get("additionalProperties") is False
        }
        more = schema.get("additionalProperties")
        return made or ({"3": self.make(more, "id", depth + 1)} if isinstance(more, dict) and more else made)

    def make_array(self, schema: Schema, name: str, depth: int) -> Any:
        is_too_deep = depth > DEEPEST or name == "children"
        return [] if is_too_deep else [self.make(schema["items"], name.removesuffix("s"), depth + 1)]

    def make_string(self, schema: Schema, name: str, depth: int) -> Any:
        named = NAMED.get(name)
        if (
            isinstance(named, str)
            and schema.get("format") in {None, "email", "uri"}
            and "pattern" not in schema
        ):
            return named[: schema.get("maxLength", 255)]
        if named is not None and schema.get("pattern") and isinstance(named, str):
            return named
        if name == "value":
            return "10"
        return FORMATS.get(schema.get("format", ""), "7" if is_id(name) else name.replace("_", " ") or "text")

    def make_integer(self, schema: Schema, name: str, depth: int) -> Any:
        named = NAMED.get(name)
        number = named if isinstance(named, int) else 3
        return min(max(number, schema.get("minimum", number)), schema.get("maximum", number))

    def make_number(self, schema: Schema, name: str, depth: int) -> Any:
        return 4.5

    def make_boolean(self, schema: Schema, name: str, depth: int) -> Any:
        return True

    def make_nothing(self, schema: Schema, name: str, depth: int) -> Any:
        return None


def is_id(name: str) -> bool:
    """Whether a name is that of a reference, as most texts without a format are."""
    return name in {
        "actor", "batch", "brand", "cart", "customer", "location", "order", "parent", "part", "photo", "product",
        "review", "seller", "source", "target", "transaction", "user", "variant", "wishlist",
    }  # fmt: skip
