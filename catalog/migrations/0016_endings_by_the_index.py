"""The endings of an unfinished word are a range of the vocabulary's index: LIKE with a pattern that no plan knows reads all of it.

Whether a product says a word that is not of the vocabulary is asked tier by tier: the best-selling say a common word at once.
`share` is now the part of all products that say the word, the nearest one that it is replaced by, or one of its endings: what is rare
is found at once then, too, instead of tier by tier.
"""

from django.db import migrations

CORRECT = """
CREATE OR REPLACE FUNCTION catalog_search_correct(given text[])
  RETURNS TABLE (place bigint, word text, is_known boolean, nearest text, endings text[], share float)
  LANGUAGE sql STABLE SET pg_trgm.similarity_threshold = 0.2 AS $$
  SELECT asked.place, asked.word, known.yes, nearest.word, coalesce(ended.words, '{}'),
    nullif(coalesce(said.products, 0) + coalesce(nearest.products, 0) + coalesce(ended.products, 0), 0)
      / (SELECT greatest(1, reltuples) FROM pg_class WHERE oid = 'catalog_searchentry'::regclass)
  FROM (
    SELECT place, lower(unaccent(raw)) AS word FROM unnest(given) WITH ORDINALITY AS words (raw, place)
  ) AS asked CROSS JOIN LATERAL (
    SELECT asked.word !~ '^[[:alpha:]]+$'
      OR EXISTS (SELECT FROM catalog_searchword known WHERE known.word = asked.word)
      OR plainto_tsquery('souk', asked.word) = ''
      OR EXISTS (SELECT FROM generate_series(0, 15) AS step (tier) WHERE EXISTS (
        SELECT FROM catalog_searchentry entry
        WHERE entry.tier = step.tier::smallint AND entry.vector @@ plainto_tsquery('souk', asked.word) OFFSET 0)) AS yes
  ) AS known LEFT JOIN LATERAL (
    SELECT near.word, near.products FROM catalog_searchword near
    WHERE NOT known.yes AND length(asked.word) BETWEEN 4 AND 40 AND near.word % asked.word
      AND length(near.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
      AND levenshtein_less_equal(near.word, asked.word, 2) <= CASE length(asked.word) WHEN 4 THEN 1 ELSE 2 END
    ORDER BY levenshtein_less_equal(near.word, asked.word, 2), similarity(near.word, asked.word) DESC,
      near.products DESC, near.word LIMIT 1
  ) AS nearest ON true LEFT JOIN LATERAL (
    SELECT array_agg(best.word) AS words, sum(best.products) AS products FROM (
      SELECT ending.word, ending.products FROM catalog_searchword ending
      WHERE asked.place = cardinality(given) AND length(asked.word) BETWEEN 2 AND 40
        AND ending.word ~>=~ asked.word AND ending.word ~<~ (asked.word || U&'\\+10FFFF')
      ORDER BY ending.products DESC, ending.word LIMIT 12
    ) AS best
  ) AS ended ON true LEFT JOIN LATERAL (
    SELECT max(own.products) AS products FROM catalog_searchword own WHERE own.word = asked.word
  ) AS said ON true
$$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION catalog_search_correct(given text[])
  RETURNS TABLE (place bigint, word text, is_known boolean, nearest text, endings text[], share float)
  LANGUAGE sql STABLE SET pg_trgm.similarity_threshold = 0.2 AS $$
  SELECT asked.place, asked.word, known.yes, CASE WHEN NOT known.yes THEN (
      SELECT near.word FROM catalog_searchword near
      WHERE length(asked.word) BETWEEN 4 AND 40 AND near.word % asked.word
        AND length(near.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
        AND levenshtein_less_equal(near.word, asked.word, 2) <= CASE length(asked.word) WHEN 4 THEN 1 ELSE 2 END
      ORDER BY levenshtein_less_equal(near.word, asked.word, 2), similarity(near.word, asked.word) DESC,
        near.products DESC, near.word LIMIT 1
    ) END,
    CASE WHEN asked.place = cardinality(given) AND length(asked.word) BETWEEN 2 AND 40 THEN ARRAY(
      SELECT ending.word FROM catalog_searchword ending
      WHERE ending.word LIKE replace(replace(asked.word, '\\', ''), '_', '') || '%'
      ORDER BY ending.products DESC, ending.word LIMIT 12
    ) ELSE '{}' END,
    (SELECT max(said.products) FROM catalog_searchword said WHERE said.word = asked.word)
      / (SELECT greatest(1, reltuples) FROM pg_class WHERE oid = 'catalog_searchentry'::regclass)
  FROM (
    SELECT place, lower(unaccent(raw)) AS word FROM unnest(given) WITH ORDINALITY AS words (raw, place)
  ) AS asked CROSS JOIN LATERAL (
    SELECT asked.word !~ '^[[:alpha:]]+$'
      OR EXISTS (SELECT FROM catalog_searchword known WHERE known.word = asked.word)
      OR plainto_tsquery('souk', asked.word) = ''
      OR EXISTS (SELECT FROM catalog_searchentry WHERE vector @@ plainto_tsquery('souk', asked.word)) AS yes
  ) AS known
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_pictures_by_url")]
    operations = [migrations.RunSQL(CORRECT, BEFORE)]
