"""Maintains what triggers do not: the business order, the vocabulary's counts, popular searches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

from catalog.models import Product, SearchEntry
from catalog.search import phrases

BATCH = 5000
# Up to 500 points for sales, 300 for reviews (less when there are few), 200 for being new, in steps of 20.
POINTS = """
round((
  500 * ln(1 + units_sold) / greatest(1, ln(1 + max(units_sold) OVER ()))
  + 300 * rating_average / 5 * rating_count / (rating_count + 5)
  + 200 * exp(-extract(epoch FROM now() - created_at) / 86400 / 30)
) / 20) * 20
"""
RANK = f"""
WITH ordered AS (
  SELECT id, points, row_number() OVER (ORDER BY points DESC, created_at DESC, id DESC) AS place
  FROM (SELECT id, created_at, ({POINTS})::smallint AS points FROM catalog_product WHERE status = 'active') AS rated
)
UPDATE catalog_searchentry entry SET tier = step, points = ordered.points
FROM ordered, LATERAL (SELECT CASE WHEN place <= 1000 THEN 0 ELSE 1 + floor(log(2, (place - 1) / 1000)) END::smallint) AS t (step)
WHERE entry.product_id = ordered.id AND (entry.tier, entry.points) IS DISTINCT FROM (step, ordered.points)
"""  # noqa: S608  (constants alone)  # nosec B608
COUNT_WORDS = """
CREATE TEMPORARY TABLE counted_words ON COMMIT DROP AS
SELECT word, count(*)::int AS products FROM catalog_searchentry CROSS JOIN unnest(words) AS word GROUP BY word;
DELETE FROM catalog_searchword known USING (
  SELECT id, row_number() OVER (PARTITION BY word ORDER BY id) AS nth FROM catalog_searchword
) AS numbered WHERE numbered.id = known.id AND (nth > 1 OR NOT EXISTS (
  SELECT FROM counted_words WHERE counted_words.word = known.word));
UPDATE catalog_searchword known SET products = counted.products
FROM counted_words counted WHERE counted.word = known.word AND counted.products <> known.products;
INSERT INTO catalog_searchword (word, products)
SELECT word, products FROM counted_words
WHERE NOT EXISTS (SELECT FROM catalog_searchword known WHERE known.word = counted_words.word)
"""


def run(sql: str, *parameters: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.rowcount


@transaction.atomic
def rank() -> int:
    """Updates tiers and points; returns how many entries changed."""
    return run(RANK)


@transaction.atomic
def count_words() -> None:
    run(COUNT_WORDS)


def tend() -> None:
    """Run hourly by the worker."""
    rank()
    count_words()
    phrases.collect()


def rebuild(*, report: Callable[[int], object]) -> None:
    """Rebuilds every entry in the language of the settings; calls `report` with the number of products done."""
    set_language()
    done = 0
    for first, last in id_ranges():
        with transaction.atomic():
            run(
                "SELECT catalog_search_refresh(ARRAY(SELECT id FROM catalog_product WHERE id BETWEEN %s AND %s))",
                first,
                last,
            )
        done += BATCH
        report(done)
    count_words()
    rank()
    restore_index()
    run(f"ANALYZE {SearchEntry._meta.db_table}")


@contextmanager
def without_index() -> Iterator[None]:
    """For a load that rewrites most entries: the index is built once, afterwards. `rebuild` also restores it."""
    run("DROP INDEX IF EXISTS search_entry")
    yield
    restore_index()


def restore_index() -> None:
    run(
        "CREATE INDEX IF NOT EXISTS search_entry ON catalog_searchentry USING gin (tier, vector)"
        " WITH (gin_pending_list_limit = 512)"
    )


@transaction.atomic
def set_language() -> None:
    run("SELECT catalog_search_language(%s)", settings.SEARCH_LANGUAGE)
    run("REINDEX INDEX brand_text")
    run("REINDEX INDEX category_text")


def id_ranges() -> Iterator[tuple[int, int]]:
    """First and last id of each `BATCH` of products."""
    after = 0
    while True:
        ids = list(Product.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield ids[0], ids[-1]
        after = ids[-1]
