"""What a search box offers while it is typed into: products, categories, brands, and what others searched for."""

from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast

from catalog.models import Brand, Category, Product, SearchPhrase
from catalog.search.asked import Asked, understand
from catalog.search.ranking import ranked
from catalog.search.sql import among

EACH = 5
CANDIDATES = 100
POPULAR = 3  # searches that make a phrase worth offering
NAME = SearchVector("name", config="souk")


def suggest(text: str) -> dict[str, Any]:
    """At most five of each kind. Four statements."""
    asked = understand(text)
    best = ranked(asked, limit=EACH, candidates=CANDIDATES)
    found = {row["id"]: row for row in titles([product for product, _ in best.rows])}
    kinds = names(asked)
    return {
        "corrected_query": asked.corrected,
        "products": [found[product] | {"id": str(product)} for product, _ in best.rows if product in found],
        **{kind: kinds.get(kind, []) for kind in ("categories", "brands")},
        "phrases": [row["name"] for row in kinds.get("phrases", [])],
    }


def titles(ids: list[int]) -> QuerySet:
    return Product.objects.public().filter(pk__in=ids).values("id", "slug", "title")


def names(asked: Asked) -> dict[str, list[dict[str, str]]]:
    """Categories, brands and phrases, in one statement."""
    parts = {
        "categories": named(Category.objects.order_by("path"), asked),
        "brands": named(Brand.objects.order_by("-followers_count", "name"), asked),
        "phrases": popular(" ".join((asked.corrected or asked.text).lower().split())),
    }
    compiled = {kind: among(rows[:EACH]) for kind, rows in parts.items()}
    sql = " UNION ALL ".join(
        f"(SELECT '{kind}', rows.* FROM ({part}) AS rows)"  # noqa: S608  (the parts are the ORM's)
        for kind, (part, _) in compiled.items()
    )
    found: dict[str, list[dict[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _, values in compiled.values() for value in values])
        for kind, key, slug, name in cursor.fetchall():
            found.setdefault(kind, []).append({"id": key, "slug": slug, "name": name})
    return found


def named(rows: QuerySet, asked: Asked) -> QuerySet:
    matching = rows.alias(text=NAME).filter(text=asked.strict.of_orm)
    return matching.annotate(key=Cast("pk", CharField())).values_list("key", "slug", "name")


def popular(text: str) -> QuerySet:
    rows = SearchPhrase.objects.filter(phrase__startswith=text, searches__gte=POPULAR).exclude(phrase=text)
    whole = rows.order_by("-searches", "phrase").annotate(name=Cast("phrase", CharField()))
    return whole.values_list("phrase", "name", "name")
