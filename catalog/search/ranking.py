"""The best matches of a query, found without looking at all of them.

(`product_id + 0` keeps the planner from reading the whole primary key for a condition that nearly all meet.)

Candidates are taken in the business order, tier by tier (see `SearchEntry`), until there are a thousand; those are
ranked by text and points, and relevance ends with the last of them. A tier is twice the one before, so at most about
twice the candidates are read, whatever the catalogue's size and however common the words.

score = 1,000,000 × (rank of the whole words + half the rank with the last word's endings + a quarter of the rank of
any of the words) × (1 + points / 1000), as an integer; a SKU or barcode that is exactly what was typed adds a thousand million.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from catalog.search.asked import Asked
from catalog.search.sql import Sql, among, loaded, matching, one

CANDIDATES = 1000
NEAREST = 100  # of what is offered when nothing matches
FOUND = """
  SELECT hit.product_id, hit.vector, hit.points FROM generate_series(0, 15) AS step (tier) CROSS JOIN LATERAL (
    SELECT entry.product_id, entry.vector, entry.points FROM catalog_searchentry entry
    WHERE entry.tier = step.tier::smallint AND entry.vector @@ {query}
      AND entry.product_id + 0 <= (SELECT id FROM cut) AND entry.product_id IN ({products})
    ORDER BY entry.points DESC, entry.product_id DESC LIMIT {limit}
  ) AS hit {condition} LIMIT {limit}
"""
RANKED = """
WITH cut AS MATERIALIZED (
  SELECT coalesce(%s, (SELECT max(product_id) FROM catalog_searchentry), 0) AS id
), exact AS MATERIALIZED (
  SELECT DISTINCT product_id FROM catalog_variant
  WHERE (upper(sku) = upper(%s) OR (barcode = %s AND barcode <> '')) AND NOT is_archived
    AND product_id <= (SELECT id FROM cut) AND product_id IN ({products}) LIMIT 100
), matching AS MATERIALIZED ({matching}), near AS MATERIALIZED ({near}), candidate AS (
  SELECT * FROM (SELECT * FROM matching LIMIT {candidates}) AS best UNION ALL SELECT * FROM near
), scored AS (
  SELECT product_id, (
      1000000 * (ts_rank(vector, {whole}) + ts_rank(vector, {query}) / 2 + ts_rank(vector, {loose}) / 4) * (1000 + points) / 1000
    )::bigint
    + CASE WHEN product_id IN (SELECT product_id FROM exact) THEN 1000000000 ELSE 0 END AS score
  FROM candidate
  UNION ALL
  SELECT product_id, 1000000000 FROM exact WHERE product_id NOT IN (SELECT product_id FROM candidate)
), page AS (
  SELECT product_id, score FROM scored {after} ORDER BY score {direction}, product_id {direction} LIMIT %s
)
SELECT (SELECT json_agg(json_build_array(product_id, score)) FROM page), (SELECT id FROM cut),
  (SELECT count(*) FROM matching) > {candidates}, EXISTS (SELECT FROM near), {facets}
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A page of (product id, score), in the order that was asked for."""

    rows: list[tuple[int, int]]
    cut: int
    is_capped: bool
    is_nearest: bool
    facets: Any


def ranked(
    asked: Asked,
    products: QuerySet,
    *,
    limit: int,
    candidates: int = CANDIDATES,
    best_first: bool = True,
    after: tuple[int, int] | None = None,
    cut: int | None = None,
    facets: Sql = ("NULL", ()),
) -> Ranked:
    """`after` is the score and id to go on behind; products newer than `cut` stay out of the pages of one search."""
    products_sql, products_values = among(products.order_by().values("pk"))
    strict, strict_values = matching(asked.strict)
    loose, loose_values = matching(asked.loose)
    whole, whole_values = matching(asked.whole)
    nothing = "WHERE NOT EXISTS (SELECT FROM matching) AND NOT EXISTS (SELECT FROM exact)"
    sql = RANKED.format(
        products=products_sql, whole=whole, query=strict, loose=loose, candidates=candidates, facets=facets[0],
        matching=FOUND.format(query=strict, products=products_sql, limit=candidates + 1, condition=""),
        near=FOUND.format(query=loose, products=products_sql, limit=NEAREST, condition=nothing),
        after=beyond(after, best_first), direction="DESC" if best_first else "ASC",
    )  # fmt: skip
    found = [*strict_values, *products_values, *loose_values, *products_values]
    scored = [*whole_values, *strict_values, *loose_values]
    values = [
        cut,
        asked.text,
        asked.text,
        *products_values,
        *found,
        *scored,
        *(after or ()),
        limit,
        *facets[1],
    ]
    rows, last, is_capped, is_nearest, counts = one(sql, values)
    page = [(product, score) for product, score in loaded(rows) or []]
    return Ranked(page, last, is_capped, is_nearest, loaded(counts))


def beyond(after: tuple[int, int] | None, best_first: bool) -> str:
    if after is None:
        return ""
    return f"WHERE (score, product_id) {'<' if best_first else '>'} (%s, %s)"
