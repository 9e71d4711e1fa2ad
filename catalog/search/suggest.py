"""Suggestions while somebody types into a search box: products, categories, brands, and popular searches."""

from typing import Any

from catalog.search.asked import Asked, understand
from catalog.search.ranking import ranked
from config.shared.postgres import hot

LONGEST = 100  # characters
EACH = 5
CANDIDATES = 100
POPULAR = 3  # searches before a phrase is suggested
TITLES = """
SELECT product.id, product.slug, product.title FROM catalog_product product JOIN accounts_seller seller ON seller.id = product.seller_id
WHERE product.id = ANY (%s) AND product.status = 'active' AND seller.status = 'active'"""
NAMES = """
(SELECT 'categories', id::text, slug, name FROM catalog_category
 WHERE to_tsvector('souk', coalesce(name, '')) @@ {query} ORDER BY path LIMIT {each})
UNION ALL
(SELECT 'brands', id::text, slug, name FROM catalog_brand
 WHERE to_tsvector('souk', coalesce(name, '')) @@ {query} ORDER BY followers_count DESC, name LIMIT {each})
UNION ALL
(SELECT 'phrases', phrase, phrase, phrase FROM catalog_searchphrase
 WHERE phrase ~>=~ %s AND phrase ~<~ %s AND phrase <> %s AND searches >= {popular} ORDER BY searches DESC, phrase LIMIT {each})"""
LAST = "\U0010ffff"  # sorts after any character that may follow


def suggest(text: str) -> dict[str, Any]:
    """At most five of each kind. Four statements."""
    asked = understand(text)
    best = ranked(asked, limit=EACH, candidates=CANDIDATES)
    found = {row[0]: row for row in hot.rows(TITLES, [[product for product, _ in best.rows]])}
    kinds = names(asked)
    return {
        "corrected_query": asked.corrected,
        "products": [named(*found[product]) for product, _ in best.rows if product in found],
        **{kind: kinds.get(kind, []) for kind in ("categories", "brands")},
        "phrases": [row["name"] for row in kinds.get("phrases", [])],
    }


def named(key: int, slug: str, title: str) -> dict[str, str]:
    return {"id": str(key), "slug": slug, "title": title}


def names(asked: Asked) -> dict[str, list[dict[str, str]]]:
    """Categories, brands and phrases, in one statement."""
    query, values = asked.strict.sql, asked.strict.values
    begun = " ".join((asked.corrected or asked.text).lower().split())
    sql = NAMES.format(query=query, each=EACH, popular=POPULAR)
    found: dict[str, list[dict[str, str]]] = {}
    for kind, key, slug, name in hot.rows(sql, [*values, *values, begun, begun + LAST, begun]):
        found.setdefault(kind, []).append({"id": key, "slug": slug, "name": name})
    return found
