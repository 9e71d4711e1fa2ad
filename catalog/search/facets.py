"""Counts how many products each further choice would leave.

A facet ignores its own filter (so other brands stay visible when one is chosen) and applies all others. It counts at
most the first ten thousand products found, and reports when there are more.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from catalog.search.sql import Sql, among
from config.shared.api.params import refuse
from config.shared.money import digits

CAP = 10_000
MOST = 10  # facets per request
MOST_VALUES = 50
PREFIX = "attr."
STEPS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)  # whole units of the currency
COLUMNS = (
    "id",
    "category_id",
    "brand_id",
    "seller_id",
    "currency",
    "price_amount",
    "rating_average",
    "attributes",
)
CATEGORY = """
  SELECT above.id::text AS value, above.slug, above.name AS label, sum(n)::bigint AS count
  FROM (SELECT category_id, count(*) AS n FROM {base} GROUP BY category_id) AS counted
  JOIN catalog_category shelf ON shelf.id = counted.category_id
  JOIN catalog_category above ON starts_with(shelf.path, above.path)
  GROUP BY above.id, above.slug, above.name ORDER BY count DESC, above.path LIMIT {most}
"""
NAMED = """
  SELECT named.id::text AS value, named.slug, named.name AS label, counted.n AS count
  FROM (SELECT {column} AS id, count(*) AS n FROM {base} GROUP BY {column}) AS counted JOIN {table} named USING (id)
  ORDER BY count DESC, named.name LIMIT {most}
"""
PRICE = """
  SELECT (%s::bigint[])[slot] AS min, (%s::bigint[])[slot + 1] - 1 AS max, count(*) AS count
  FROM (
    SELECT width_bucket(coalesce(further.price_amount, {base}.price_amount), %s::bigint[]) AS slot
    FROM {base} LEFT JOIN catalog_productprice further ON further.product_id = {base}.id AND further.currency = %s
    WHERE {base}.currency = %s OR further.id IS NOT NULL
  ) AS placed
  GROUP BY slot ORDER BY slot
"""
RATING = """
  SELECT least AS min, (SELECT count(*) FROM {base} WHERE rating_average >= least) AS count
  FROM generate_series(4, 1, -1) AS least
"""
ATTRIBUTE = """
  SELECT attributes ->> %s AS value, count(*) AS count FROM {base}
  WHERE attributes -> %s IS NOT NULL GROUP BY 1 ORDER BY count DESC, value LIMIT {most}
"""


def read_names(text: str) -> list[str]:
    """The requested facets. Raises 400 for an unknown one."""
    names = list(dict.fromkeys(text.split(","))) if text else []
    unknown = [name for name in names if name not in KINDS and not 1 <= len(name.removeprefix(PREFIX)) <= 100]
    unknown += [name for name in names if name not in KINDS and not name.startswith(PREFIX)]
    if unknown:
        known = ", ".join([*KINDS, "attr.<name>"])
        raise refuse(
            "facets",
            f"Unknown: {', '.join(dict.fromkeys(name or '(nothing)' for name in unknown))}; known are: {known}.",
        )
    if len(names) > MOST:
        raise refuse("facets", f"At most {MOST} at once.")
    return names


def counting(names: Sequence[str], *, narrowed: Callable[[str], tuple[QuerySet, bool]], currency: str) -> Sql:
    """A scalar subquery that counts all the facets; NULL if there are none.

    `narrowed(name)` returns the products under all filters but the facet's own, and whether it has one.
    """
    if not names:
        return "NULL", []
    bases: dict[str, tuple[str, Sql]] = {}
    parts: list[Sql] = []
    for name in names:
        products, has_own = narrowed(name)
        key = name if has_own else ""
        if key not in bases:
            bases[key] = (f"base_{len(bases)}", among(products.order_by().values(*COLUMNS)[: CAP + 1]))
        parts.append(part(name, bases[key][0], currency))
    tables = ", ".join(f"{base} AS MATERIALIZED ({sql})" for base, (sql, _) in bases.values())
    values = [value for _, (_, given) in bases.values() for value in given]
    members = ", ".join(sql for sql, _ in parts)
    values += [value for _, given in parts for value in given]
    return f"(WITH {tables} SELECT json_build_object({members}))", values


def part(name: str, base: str, currency: str) -> Sql:
    sql, values = ATTRIBUTE, [name.removeprefix(PREFIX)] * 2
    if name in KINDS:
        sql, values = KINDS[name], bounds(currency) if name == "price" else []
    counted = sql.format(base=base, most=MOST_VALUES)
    return (
        f"%s, json_build_object('capped', (SELECT count(*) FROM {base}) > {CAP}, "  # noqa: S608  # nosec B608
        f"'values', (SELECT coalesce(json_agg(counted), '[]') FROM ({counted}) AS counted))",
        [name, *values],
    )


def bounds(currency: str) -> list[Any]:
    steps = [0, *(step * 10 ** digits(currency) for step in STEPS)]
    return [steps, steps, steps, currency, currency]


KINDS = {
    "category": CATEGORY,
    "brand": NAMED.replace("{column}", "brand_id").replace("{table}", "catalog_brand"),
    "seller": NAMED.replace("{column}", "seller_id").replace("{table}", "accounts_seller"),
    "price": PRICE,
    "rating": RATING,
}
