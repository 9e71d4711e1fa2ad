"""Mass assignment: every field of an app's models, with the value that an attacker would like it to have."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models

from config.tests.access.snapshot import tables
from config.tests.access.world import World

WANTED_STATUS = {"accounts": "active", "catalog": "active", "orders": "delivered", "payments": "succeeded"}
OWNED = {
    "User": "admin_user", "Seller": "rival_shop", "Product": "rival_product", "Variant": "rival_variant",
    "Order": "guest_order", "OrderPart": "rival_part", "Coupon": "platform_coupon", "Category": "leaf", "Brand": "brand",
}  # fmt: skip
ALSO = {
    "pk": "1", "is_admin": True, "is_superuser": True, "is_staff": True, "role": "admin", "scopes": ["*"], "groups": [1],
    "permissions": ["*"], "total": 0, "unit_price": 0, "approved": True, "verified": True, "paid": True,
}  # fmt: skip
LONG_AGO = "2001-02-03T04:05:06Z"
# Fresh on every run: two runs are compared without them, unless they are the world's own or the attacker's.
RANDOM = {
    "token", "password", "token_digest", "fingerprint", "key", "body", "refresh_jti", "provider_reference", "digest",
    "prefix", "secret",
}  # fmt: skip
CHANCE = re.compile(r"\b[0-9a-f]{32}\b|\bSK-[0-9A-Z]{4,}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
Rows = Counter[tuple[str, str]]  # the table, and the row as JSON


def wishes(label: str, world: World) -> dict[str, Any]:
    """Field name → forbidden value, over all models of an app."""
    fields = [field for model in apps.get_app_config(label).get_models() for field in all_fields(model)]
    wished = {name: wish(field, world) for field in fields for name in names_of(field)}
    return ALSO | wished | ({"status": WANTED_STATUS[label]} if label in WANTED_STATUS else {})


def all_fields(model: Any) -> list[models.Field]:
    return [*model._meta.concrete_fields, *model._meta.many_to_many]


def names_of(field: models.Field) -> set[str]:
    """A money column is a member of its own, too: `price_amount` and `price`."""
    return {field.name, getattr(field, "attname", field.name), field.name.removesuffix("_amount")}


def wish(field: models.Field, world: World) -> Any:  # noqa: PLR0911  (a table, a line a kind)
    if field.is_relation:
        named = OWNED.get(field.related_model.__name__, "")
        return [1] if field.many_to_many else world.names.get(named, "1")
    if field.choices:
        return "admin" if field.name == "role" else field.choices[-1][0]
    match field:
        case models.BooleanField():
            return field.default is not True
        case models.DateTimeField():
            return LONG_AGO
        case models.DecimalField():
            return "0.424242"
        case models.IntegerField():
            return 424242
        case models.JSONField():
            return {"mallory": True}
    return "mallory"


# --- Rows, so that two runs can be compared --------------------------------------------------------------------


def rewind_sequences() -> None:
    """Two runs from the same state then give the same ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1000000) FROM pg_sequences"
            " WHERE schemaname = current_schema()"
        )


def all_rows() -> Rows:
    parts = (f"SELECT '{table}', to_jsonb(t)::text FROM \"{table}\" t" for table in tables())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return Counter(cursor.fetchall())


class Masks:
    """Makes two runs comparable: what is of this moment or by chance is replaced, unless the world had it before."""

    def __init__(self, before: Rows) -> None:
        self.known = {str(value) for _, row in before for value in json.loads(row).values()}
        self.horizon = datetime.now(UTC) - timedelta(hours=1)

    def rows(self, found: Rows) -> Counter[str]:
        return Counter(f"{table} {self.masked(json.loads(row))}" for table, row in found.elements())

    def masked(self, row: dict[str, Any]) -> str:
        return json.dumps({name: self.value(name, value) for name, value in row.items()}, sort_keys=True)

    def value(self, name: str, value: Any) -> Any:
        text = value if isinstance(value, str) else json.dumps(value)
        if str(value) in self.known or "mallory" in text:
            return value
        return "chance" if name in RANDOM else TIME.sub(self.moment, CHANCE.sub("chance", text))

    def moment(self, match: re.Match[str]) -> str:
        return "now or later" if datetime.fromisoformat(match[0]) > self.horizon else match[0]
