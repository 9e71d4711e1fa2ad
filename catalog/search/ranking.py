"""The best matches of a query, found without reading all of them.

Candidates are taken in the business order, tier by tier (see `SearchEntry`), until there are a thousand. They are ranked
by text and points; the list by relevance ends with the last of them. Each tier is twice the size of the one before, so
about twice the candidates are read at most, however large the catalogue and however common the words. A query that the
vocabulary estimates to be rare skips the tiers and reads the index once, since each index scan reads the words' whole
posting lists.

score = 1,000,000 × (rank of the whole words + half the rank with the last word's endings + a quarter of the rank of
any of the words) × (1 + points / 1000), as an integer; an exact SKU or barcode adds 1,000,000,000.

(`product_id + 0` keeps the planner from scanning the primary key for a condition that nearly all rows meet.)
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from catalog.search import phrases
from catalog.search.asked import Asked
from catalog.search.sql import Sql, among, loaded, one
from config.shared.api.pagination import Cursor
from config.shared.postgres import hot

CANDIDATES = 1000
NEAREST = 100  # suggested when nothing matches
# A query expected to match at most this many times the candidates reads the index once. At a million products and
# 4,700 to 12,000 matches one scan took 8 to 33 ms of CPU, where eleven scans, one per tier, took 22 to 44.
AT_MOST = 8
PUBLIC = """entry.is_active AND entry.seller_id IN (SELECT id FROM accounts_seller WHERE status = 'active')
      AND entry.product_id + 0 <= (SELECT id FROM cut)"""
BY_TIER = """
  SELECT hit.* FROM generate_series(0, 15) AS step (tier) CROSS JOIN LATERAL (
    SELECT entry.product_id, entry.vector, entry.points FROM catalog_searchentry entry
    WHERE entry.tier = step.tier::smallint AND entry.vector @@ {query} AND {public} {filters}
    ORDER BY entry.points DESC, entry.product_id DESC LIMIT {limit}
  ) AS hit {condition} LIMIT {limit}
"""
AT_ONCE = """few AS MATERIALIZED (
  SELECT entry.product_id, entry.vector, entry.points, entry.tier FROM catalog_searchentry entry
  WHERE entry.vector @@ {query} AND {public} {filters} LIMIT {most} + 1
), matching AS MATERIALIZED (
  (SELECT product_id, vector, points FROM few WHERE (SELECT count(*) FROM few) <= {most}
   ORDER BY tier, points DESC, product_id DESC LIMIT {limit})
  UNION ALL ({tiers})
)"""
MANY = "WHERE (SELECT count(*) FROM few) > {most}"
RANKED = """
WITH cut AS MATERIALIZED (
  SELECT coalesce(%s, (SELECT max(product_id) FROM catalog_searchentry), 0) AS id
), exact AS MATERIALIZED (
  SELECT DISTINCT product_id FROM catalog_variant
  WHERE (upper(sku) = upper(%s) OR (barcode = %s AND barcode <> '')) AND NOT is_archived
    AND product_id IN (SELECT product_id FROM catalog_searchentry entry WHERE {public} {filters}) LIMIT 100
), {matching}, near AS MATERIALIZED ({near}), candidate AS (
  SELECT * FROM (SELECT * FROM matching LIMIT {candidates}) AS best UNION ALL SELECT * FROM near
), scored AS (
  SELECT product_id, (
      1000000 * ({rank} + ts_rank(vector, {loose}) / 4) * (1000 + points) / 1000
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
    """A page of (product id, score) in the requested order."""

    rows: list[tuple[int, int]]
    cut: int
    is_capped: bool
    is_nearest: bool
    facets: Any


def page_of(
    asked: Asked,
    products: QuerySet | None = None,
    *,
    limit: int,
    sort: str,
    cursor: Cursor | None,
    facets: Sql = ("NULL", ()),
) -> Ranked:
    """A page of the list by relevance, plus one row if there are more. Counts a search that found something."""
    score, last, cut = cursor.values if cursor else (None, None, None)
    found = ranked(
        asked, products, limit=limit + 1, best_first=(sort == "relevance") != (cursor is not None and cursor.backwards),
        after=None if score is None else (score, last), cut=cut, facets=facets,
    )  # fmt: skip
    if found.rows and not found.is_nearest and cursor is None and asked.words:
        phrases.note(asked.words)
    return found


def ranked(
    asked: Asked,
    products: QuerySet | None = None,
    *,
    limit: int,
    candidates: int = CANDIDATES,
    best_first: bool = True,
    after: tuple[int, int] | None = None,
    cut: int | None = None,
    facets: Sql = ("NULL", ()),
) -> Ranked:
    """`products` restricts the public ones, if there is a filter. `after` is the score and id of the previous page's
    last row. Products newer than `cut` are left out, so that the pages of one search stay consistent."""
    filters, filter_values = "", []
    if products is not None:
        chosen, filter_values = among(products.order_by().values("pk"))
        filters = f"AND entry.product_id IN ({chosen})"
    loose, loose_values = asked.loose.sql, asked.loose.values
    rank, rank_values = rank_of(asked)
    matching, matching_values = matching_of(asked, candidates + 1, (filters, filter_values))
    which = {"public": PUBLIC, "filters": filters}
    nothing = "WHERE NOT EXISTS (SELECT FROM matching) AND NOT EXISTS (SELECT FROM exact)"
    sql = RANKED.format(
        **which, rank=rank, loose=loose, candidates=candidates, facets=facets[0], matching=matching,
        near=BY_TIER.format(**which, query=loose, limit=NEAREST, condition=nothing),
        after=beyond(after, best_first), direction="DESC" if best_first else "ASC",
    )  # fmt: skip
    asking = [*filter_values, *matching_values, *loose_values, *filter_values]
    values = [cut, asked.text, asked.text, *asking, *rank_values, *loose_values]
    values += [*(after or ()), limit, *facets[1]]
    is_plain = products is None and not facets[1]
    rows, last, is_capped, is_nearest, counts = hot.rows(sql, values)[0] if is_plain else one(sql, values)
    page = [(product, score) for product, score in loaded(rows) or []]
    return Ranked(page, last, is_capped, is_nearest, loaded(counts))


def matching_of(asked: Asked, limit: int, filters: Sql) -> Sql:
    """The CTE `matching`: one scan if few matches are expected; tier by tier if not, or if there turn out to be many."""
    which = {
        "query": asked.strict.sql,
        "public": PUBLIC,
        "filters": filters[0],
        "limit": limit,
        "most": AT_MOST * limit,
    }
    values = [*asked.strict.values, *filters[1]]
    if asked.expected > AT_MOST * limit:
        return f"matching AS MATERIALIZED ({BY_TIER.format(**which, condition='')})", values
    tiers = BY_TIER.format(**which, condition=MANY.format(**which))
    return AT_ONCE.format(**which, tiers=tiers), values * 2


def rank_of(asked: Asked) -> Sql:
    """Rank of the whole words plus half the rank with the endings; without endings one `ts_rank`, the costliest part."""
    if asked.strict == asked.whole:
        return f"ts_rank(vector, {asked.whole.sql}) * 1.5", asked.whole.values
    both = f"ts_rank(vector, {asked.whole.sql}) + ts_rank(vector, {asked.strict.sql}) / 2"
    return both, asked.whole.values + asked.strict.values


def beyond(after: tuple[int, int] | None, best_first: bool) -> str:
    if after is None:
        return ""
    return f"WHERE (score, product_id) {'<' if best_first else '>'} (%s, %s)"
