"""The endings of an unfinished word are a range of the vocabulary's index: LIKE with a pattern that no plan knows reads all of it."""

from django.db import migrations

CORRECT = """
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
      WHERE ending.word ~>=~ asked.word AND ending.word ~<~ (asked.word || U&'\\+10FFFF')
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
    dependencies = [("catalog", "0013_prices_in_currencies")]
    operations = [migrations.RunSQL(CORRECT, BEFORE)]
